import { UsageError, fileError } from '@unroll/app-kit/cli';
import { UnrollError } from '@unroll/tensor';
import { readFile } from 'node:fs/promises';
import type { Translator } from '../config.ts';
import type { Pair } from '../pairs/pair.ts';
import { type Side, SideCounter, SubwordSide } from '../text/side.ts';
import type { TokenValues } from './train-options.ts';

/**
 * Both sides of these pairs, which are read through once unless both have a tokenizer.
 * @throws UsageError if a tokenizer can't be read
 */
export async function sidesOf(
  pairs: () => AsyncIterable<Pair> | Iterable<Pair>,
  values: TokenValues,
): Promise<Pick<Translator, 'source' | 'target'>> {
  const { tokens: cut, lowercase, 'min-frequency': minFrequency } = values;
  const source = await tokenizerSide(values['source-tokenizer'], values);
  const target = await tokenizerSide(values['target-tokenizer'], values);
  if (source && target) return { source, target };
  const counters = { source: new SideCounter({ cut, lowercase }), target: new SideCounter({ cut, lowercase }) };
  for await (const pair of pairs()) {
    if (!source) counters.source.add(pair.source);
    if (!target) counters.target.add(pair.target);
  }
  return {
    source: source ?? counters.source.side({ minFrequency }),
    target: target ?? counters.target.side({ minFrequency }),
  };
}

async function tokenizerSide(
  file: string | undefined,
  { lowercase }: Pick<TokenValues, 'lowercase'>,
): Promise<Side | undefined> {
  if (file === undefined) return undefined;
  try {
    return new SubwordSide({ tokenizer: JSON.parse(await readFile(file, 'utf8')) as unknown, lowercase });
  } catch (error) {
    if (!(error instanceof UnrollError || error instanceof SyntaxError)) throw fileError(file, error);
    throw new UsageError(`${file} is no tokenizer.json. ${error.message}`, { cause: error });
  }
}
