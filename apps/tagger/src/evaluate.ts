import { type ConfusionMatrix, type SpanF1, confusionMatrix, spanF1 } from '@unroll/metrics';
import { inScheme } from './read-sentences.ts';
import { schemeOf } from './scheme.ts';
import type { TaggedSentence } from './sentence.ts';
import { type Prediction, type TagOptions, tag } from './tag.ts';
import { type Vocabularies, wordKey } from './vocabularies.ts';

/** How well a tagger does. Shares are from 0 to 1. */
export interface Evaluation {
  readonly words: number;
  /** The share of words with the right tag. */
  readonly accuracy: number;
  /** Words that the model does not know, and the share of them with the right tag; undefined where there is none. */
  readonly unknown: { readonly words: number; readonly accuracy: number } | undefined;
  /** Precision, recall and F1 over spans, as conlleval counts them; undefined where the tags are no parts of spans. */
  readonly spans: SpanF1 | undefined;
  /** What was taken for what, and scores by tag. */
  readonly confusion: ConfusionMatrix<string>;
  readonly predictions: readonly Prediction[];
  /** What they were compared with: the right tags, as the model writes them. */
  readonly sentences: readonly TaggedSentence[];
}

export interface EvaluateOptions extends Omit<TagOptions, 'sentences'> {
  /** With the right tags. */
  readonly sentences: readonly TaggedSentence[];
}

/** Tags sentences whose tags are known, and compares. Spans that are written otherwise than the model writes them are rewritten so. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { vocabularies } = options;
  const sentences = asTagged(options.sentences, vocabularies);
  const predictions = await tag({ ...options, sentences: sentences.map(({ words }) => words) });
  const [predicted, right] = [predictions.map(({ tags }) => tags), sentences.map(({ tags }) => tags)];
  const confusion = confusionMatrix(predicted.flat(), right.flat());
  const isUnknown = sentences.flatMap(({ words }) => words.map((word) => !vocabularies.words.has(wordKey(word))));
  const isRight = right.flatMap((tags, i) => tags.map((each, position) => each === predicted[i]![position]));
  const unknown = isRight.filter((_, i) => isUnknown[i]!);
  return {
    words: isRight.length,
    accuracy: confusion.accuracy,
    unknown:
      unknown.length === 0
        ? undefined
        : { words: unknown.length, accuracy: unknown.filter(Boolean).length / unknown.length },
    spans: schemeOf(right.flat()) && spanF1(predicted, right),
    confusion,
    predictions,
    sentences,
  };
}

function asTagged(sentences: readonly TaggedSentence[], { tags }: Vocabularies): readonly TaggedSentence[] {
  const scheme = schemeOf(Array.from({ length: tags.size }, (_, id) => tags.tokenOf(id)));
  // Also where both begin spans alike by name: IOB1 looks like BIO.
  return scheme ? inScheme(sentences, scheme) : sentences;
}
