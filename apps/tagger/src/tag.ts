import { type Tensor, scope } from '@unroll/tensor';
import { inputOf } from './batch.ts';
import { type TaggerModel } from './tagger-model.ts';
import type { Tagger } from './model.ts';
import type { TaggedSentence, Words } from './sentence.ts';

/** A sentence as a model tagged it. */
export interface Prediction extends TaggedSentence {
  /** How probable each tag is to the model, from 0 to 1. */
  readonly confidences: readonly number[];
  /** For each word, how probable each tag is, by its number in the vocabulary. */
  readonly probabilities: readonly ArrayLike<number>[];
}

export interface TagOptions extends Pick<TaggerModel, 'model' | 'vocabularies'> {
  readonly sentences: readonly Words[];
  /** Sentences that are read side by side. Default 64. */
  readonly batch?: number;
  /** Ends the work between batches, with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tags sentences; they come back in their order.
 * @throws the reason of the signal
 */
export async function tag(options: TagOptions): Promise<readonly Prediction[]> {
  const { model, vocabularies, sentences, batch = 64, signal } = options;
  const predictions: Prediction[] = sentences.map((words) => ({ words, tags: [], confidences: [], probabilities: [] }));
  // Sentences of like length together, so that little padding is computed.
  const order = sentences
    .map((words, i) => ({ i, length: words.length }))
    .filter(({ length }) => length > 0)
    .toSorted((a, b) => a.length - b.length);
  for (let start = 0; start < order.length; start += batch) {
    signal?.throwIfAborted();
    const part = order.slice(start, start + batch);
    const chosen = await choose(
      model,
      scope(() => {
        const input = inputOf(
          part.map(({ i }) => sentences[i]!),
          vocabularies,
        );
        const logits = model.forward(input);
        return { logits, mask: input.mask, probabilities: model.probabilities(logits, input.mask) };
      }),
      part.map(({ length }) => length),
    );
    for (const [row, { i }] of part.entries()) {
      const { tags: ids, ...how } = chosen[row]!;
      predictions[i] = { words: sentences[i]!, tags: ids.map((id) => vocabularies.tags.tokenOf(id)), ...how };
    }
    // Timers and Ctrl-C get a turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return predictions;
}

/** What a model says about a batch. */
interface Scores {
  /** [batch, time, tags] */
  readonly logits: Tensor;
  /** [batch, time] */
  readonly mask: Tensor;
  /** [batch, time, tags] */
  readonly probabilities: Tensor;
}

/** The tags of one sentence as numbers. */
interface Chosen extends Pick<Prediction, 'confidences' | 'probabilities'> {
  readonly tags: readonly number[];
}

/** Each word's likeliest tag, or with a CRF the likeliest tags together (Viterbi). Frees the scores. */
async function choose({ crf }: Tagger, scores: Scores, lengths: readonly number[]): Promise<readonly Chosen[]> {
  const { logits, mask, probabilities } = scores;
  try {
    const [, time, count] = logits.shape as readonly [number, number, number];
    const values = await probabilities.data();
    const paths = await crf?.viterbi(logits, { mask });
    return lengths.map((length, row) => {
      const rows = Array.from({ length }, (_, position) => {
        const start = (row * time + position) * count;
        return values.subarray(start, start + count);
      });
      const tags = paths?.[row]!.tags ?? rows.map(likeliest);
      return { tags, confidences: tags.map((id, position) => rows[position]![id]!), probabilities: rows };
    });
  } finally {
    for (const each of [logits, mask, probabilities]) each.dispose();
  }
}

function likeliest(probabilities: ArrayLike<number>): number {
  let best = 0;
  for (let id = 1; id < probabilities.length; id++) if (probabilities[id]! > probabilities[best]!) best = id;
  return best;
}
