import {
  type Hypothesis,
  type TokenConstraint,
  beamSearch,
  forbiddenTokens,
  gnmt,
  sourceModel,
} from '@unroll/architectures';
import type { Matrix } from '@unroll/inspect';
import { encodeSource, sourceBatch } from './batch.ts';
import type { Translator } from './config.ts';

export interface TranslateOptions {
  readonly translator: Translator;
  readonly texts: readonly string[];
  /** Hypotheses that are followed at a time; 1 is greedy. Default 4. */
  readonly beamSize?: number;
  /** The most tokens of a translation. Default 200. */
  readonly maxLength?: number;
  /** α of the length penalty ((5 + length) / 6)^α. Default 0.6. */
  readonly lengthPenalty?: number;
  /** What may be written. Default: all but the symbol of unknown tokens. */
  readonly constraints?: readonly TokenConstraint[];
  /** Texts at a time. Default 32. */
  readonly batch?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Translation {
  readonly source: string;
  readonly text: string;
  /** log p of the translation, by the model. */
  readonly logProbability: number;
  /** Where it looked; undefined for a model without attention. */
  readonly alignment: Alignment | undefined;
}

/** How much each token of the source counted for each token that was written: a row for a token written, a column for a token read. */
export interface Alignment {
  readonly sourceTokens: readonly string[];
  readonly targetTokens: readonly string[];
  readonly weights: Matrix;
}

/** How the end of a sentence is shown. */
const END = '∎';

/** Translations in the order of the texts, by beam search. */
export async function translate(options: TranslateOptions): Promise<readonly Translation[]> {
  const { translator, texts, beamSize = 4, maxLength = 200, lengthPenalty = 0.6, batch = 32, signal } = options;
  const { model, target } = translator;
  const { constraints = target.unkId === undefined ? [] : [forbiddenTokens([target.unkId])] } = options;
  // Like lengths together, so that little padding is needed.
  const order = texts
    .map((text, index) => ({ text, index, ids: encodeSource(translator, text) }))
    .toSorted((a, b) => a.ids.length - b.ids.length);
  const translations: Translation[] = [];
  for (let start = 0; start < order.length; start += batch) {
    const some = order.slice(start, start + batch);
    const found = await beamSearch({
      model: () => {
        const { source, sourceMask } = sourceBatch(
          translator,
          some.map(({ ids }) => ids),
        );
        return sourceModel(model.decoder, model.encode(source, { mask: sourceMask }));
      },
      start: target.bosId,
      end: target.eosId,
      maxLength,
      beamSize,
      lengthPenalty: gnmt({ alpha: lengthPenalty }),
      constraints,
      signal,
    });
    for (const [i, { text, index, ids }] of some.entries()) {
      const best = found[i]![0]!;
      translations[index] = {
        source: text,
        text: target.decode(best.tokens),
        logProbability: best.logProbability,
        alignment: alignmentOf(translator, ids, best),
      };
    }
  }
  return translations;
}

function alignmentOf(
  { source, target }: Translator,
  ids: ArrayLike<number>,
  { tokens, alignment }: Hypothesis,
): Alignment | undefined {
  if (!alignment) return undefined;
  return {
    sourceTokens: Array.from(ids, (id) => (id === source.eosId ? END : source.labelOf(id))),
    targetTokens: tokens.map((id) => (id === target.eosId ? END : target.labelOf(id))),
    weights: {
      rows: tokens.length,
      columns: ids.length,
      // Sources of a batch are padded on the right.
      data: Float64Array.from(alignment.flatMap((row) => [...row.subarray(0, ids.length)])),
    },
  };
}
