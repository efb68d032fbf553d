import { UsageError } from '@unroll/app-kit/cli';
import { UnrollError } from '@unroll/tensor';
import { readFile } from 'node:fs/promises';
import { type Side, SubwordSide, VocabularySide } from '../text/side.ts';
import type { TokenValues } from './train-options.ts';

/** How the texts of one side become tokens. */
interface SideValues extends Pick<TokenValues, 'tokens' | 'lowercase' | 'min-frequency'> {
  /** A file. */
  readonly tokenizer: string | undefined;
}

/**
 * The side of these texts.
 * @throws UsageError if a tokenizer can't be read
 */
export async function sideOf(texts: readonly string[], values: SideValues): Promise<Side> {
  const { tokens: cut, lowercase, 'min-frequency': minFrequency, tokenizer } = values;
  if (tokenizer === undefined) return VocabularySide.of(texts, { cut, lowercase, minFrequency });
  try {
    return new SubwordSide({ tokenizer: JSON.parse(await readFile(tokenizer, 'utf8')) as unknown, lowercase });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UsageError(`There is no file ${tokenizer}.`, { cause: error });
    }
    if (!(error instanceof UnrollError || error instanceof SyntaxError)) throw error;
    throw new UsageError(`${tokenizer} is no tokenizer.json. ${error.message}`, { cause: error });
  }
}
