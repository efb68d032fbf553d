import { pad } from '@unroll/data';
import type { Tensor } from '@unroll/tensor';
import type { Translator } from './config.ts';
import type { Pair } from './pairs/pair.ts';

/** A pair as ids: the source with its end, the target without. */
export interface EncodedPair {
  readonly source: ArrayLike<number>;
  readonly target: ArrayLike<number>;
}

/** Sources side by side, padded: [batch, source]. */
export interface SourceBatch {
  readonly source: Tensor;
  readonly sourceMask: Tensor;
}

/** Pairs side by side. What is read begins with the start symbol, what is to be written ends with the end symbol: [batch, target]. */
export interface PairBatch extends SourceBatch {
  readonly inputs: Tensor;
  readonly targets: Tensor;
  readonly mask: Tensor;
}

/** The ids of a source, with the end of the sentence. */
export function encodeSource({ source }: Pick<Translator, 'source'>, text: string): ArrayLike<number> {
  return joined(source.encode(text), [source.eosId]);
}

export function encodePair(translator: Omit<Translator, 'model'>, pair: Pair): EncodedPair {
  return { source: encodeSource(translator, pair.source), target: translator.target.encode(pair.target) };
}

export function sourceBatch(
  { source }: Pick<Translator, 'source'>,
  sources: readonly ArrayLike<number>[],
): SourceBatch {
  const { tokens, mask } = pad(sources, { value: source.padId });
  return { source: tokens, sourceMask: mask };
}

export function pairBatch(translator: Omit<Translator, 'model'>, pairs: readonly EncodedPair[]): PairBatch {
  const { padId, bosId, eosId } = translator.target;
  const inputs = pad(
    pairs.map(({ target }) => joined([bosId], target)),
    { value: padId },
  );
  const targets = pad(
    pairs.map(({ target }) => joined(target, [eosId])),
    { value: padId },
  );
  const sources = pairs.map(({ source }) => source);
  return {
    ...sourceBatch(translator, sources),
    inputs: inputs.tokens,
    targets: targets.tokens,
    mask: targets.mask,
  };
}

function joined(before: ArrayLike<number>, after: ArrayLike<number>): Int32Array {
  const ids = new Int32Array(before.length + after.length);
  ids.set(before);
  ids.set(after, before.length);
  return ids;
}
