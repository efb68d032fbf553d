import { bucketedSource, type Checkpoint, type CheckpointOptions, type FitEvent, fit } from '@unroll/training';
import { Adam } from '@unroll/optim';
import { type Rng, UnrollError, parametersOf } from '@unroll/tensor';
import { inputOf, targetsOf } from './batch.ts';
import { type TaggerModel } from './tagger-model.ts';
import { evaluate } from './evaluate.ts';
import type { TaggedSentence } from './sentence.ts';

export interface TrainOptions {
  /** Is trained in place. */
  readonly tagger: TaggerModel;
  /** The sentences to learn from, each of one word or more. */
  readonly sentences: readonly TaggedSentence[];
  /** Sentences per step. */
  readonly batch: number;
  /** How many steps in all. Read again before each: a getter may shorten a run whose time is up. */
  readonly steps: number;
  /** The rate of Adam by step, from 0. */
  readonly learningRate: (step: number) => number;
  /** The largest global norm of the gradients. */
  readonly clipNorm: number;
  /** Draws batches, and what is dropped. */
  readonly rng: Rng;
  /** Other sentences to check by, and the steps between checks. Default: none. */
  readonly validation?: { readonly sentences: readonly TaggedSentence[]; readonly every: number } | undefined;
  /** Sentences that are tagged now and then, to be looked at, and the steps between. Default: none. */
  readonly samples?: { readonly sentences: readonly TaggedSentence[]; readonly every: number } | undefined;
  readonly checkpoints?: CheckpointOptions | undefined;
  /** Where to go on from. */
  readonly resume?: Checkpoint | undefined;
  /** Ends the run after the step, saved. */
  readonly signal?: AbortSignal | undefined;
}

/** Steps in which every sentence is read once. */
export function stepsPerEpoch(sentences: number, batch: number): number {
  return Math.ceil(sentences / batch);
}

/**
 * Trains a tagger with Adam, on batches of sentences of like length. Tells what happens, as `fit` does; a validation's loss is 1 less the F1 of
 * spans, or less the accuracy where tags are no parts of spans, and its metrics have both.
 * @throws UnrollError INVALID_ARGUMENT without a sentence
 */
export async function* train(options: TrainOptions): AsyncGenerator<FitEvent, void, undefined> {
  const { tagger, sentences, batch, learningRate, clipNorm, rng, validation, samples, signal } = options;
  const { model, vocabularies } = tagger;
  if (sentences.length === 0) throw new UnrollError('INVALID_ARGUMENT', 'train: there is no sentence to learn from.');
  const optimizer = new Adam({ parameters: parametersOf(model) });
  try {
    yield* fit({
      model,
      optimizer,
      source: bucketedSource(sentences, { batch, length: ({ words }) => words.length, window: 50 * batch, rng }),
      loss(items, { rng }) {
        const input = inputOf(
          items.map(({ words }) => words),
          vocabularies,
        );
        const targets = targetsOf(
          items.map(({ tags }) => tags),
          vocabularies,
        );
        return { loss: model.loss(input, targets, { rng }) };
      },
      get steps() {
        return options.steps;
      },
      schedule: learningRate,
      clipNorm,
      rng,
      validation: validation && {
        every: validation.every,
        async run() {
          const { accuracy, spans } = await evaluate({ ...tagger, sentences: validation.sentences, signal });
          return { loss: 1 - (spans?.f1 ?? accuracy), metrics: { accuracy, ...(spans && { f1: spans.f1 }) } };
        },
      },
      sample: samples && { every: samples.every, run: () => sampleOf(tagger, samples.sentences) },
      checkpoints: options.checkpoints,
      resume: options.resume,
      signal,
    });
  } finally {
    optimizer.dispose();
  }
}

/** Tagged sentences; of a wrong tag, the right one. */
async function sampleOf(tagger: TaggerModel, sentences: readonly TaggedSentence[]): Promise<string> {
  const { predictions, sentences: compared } = await evaluate({ ...tagger, sentences });
  return predictions
    .map(({ words, tags }, row) => {
      const right = compared[row]!.tags;
      return words.map((word, i) => `${word}/${tags[i]}${tags[i] === right[i] ? '' : ` (${right[i]})`}`).join(' ');
    })
    .join('\n');
}
