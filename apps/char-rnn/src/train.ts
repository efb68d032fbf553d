import { type Budget, learningRateAt } from '@unroll/app-kit';
import type { SamplingOptions } from '@unroll/architectures';
import { type TokenArray, languageModelStreams } from '@unroll/data';
import { crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, parametersOf } from '@unroll/tensor';
import {
  type Checkpoint,
  type CheckpointOptions,
  type FitEvent,
  type LossContext,
  type SampleOptions,
  type ValidationOptions,
  fit,
  streamSource,
} from '@unroll/training';
import type { CharacterModel } from './config.ts';
import { evaluate } from './evaluate.ts';
import { generate } from './generate.ts';
import type { CharRnnState } from './model.ts';

export interface TrainOptions {
  /** Is trained in place. */
  readonly characterModel: CharacterModel;
  /** The text to learn, encoded. */
  readonly tokens: TokenArray;
  /** Streams of the text that are read side by side. */
  readonly batch: number;
  /** Characters through which an error is traced back. */
  readonly time: number;
  readonly budget: Budget;
  /** The highest rate of Adam; `learningRateAt` says when. */
  readonly learningRate: number;
  /** The largest global norm of the gradients. */
  readonly clipNorm: number;
  /** Draws what is dropped out. */
  readonly rng: Rng;
  /** Another text to check by, encoded. Default: none. */
  readonly validation?: { readonly tokens: TokenArray; readonly every: number } | undefined;
  /** Default: none. */
  readonly samples?: TrainingSamples | undefined;
  readonly checkpoints?: CheckpointOptions | undefined;
  /** Where to go on from. */
  readonly resume?: Checkpoint | undefined;
  /** Ends the run after the step, saved. */
  readonly signal?: AbortSignal | undefined;
}

/** What the model writes now and then while it learns. */
export interface TrainingSamples extends SamplingOptions {
  /** Steps between samples. */
  readonly every: number;
  readonly prime: string;
  readonly length: number;
}

/** A longer validation text is cut here: its mean is known well enough, and validating should not take longer than training. */
const VALIDATION_LIMIT = 50_000;
/** Characters of a validation stream at least; below, too many would be foretold from too little. */
const VALIDATION_STREAM = 1000;

/** Trains a character model on a text by truncated backpropagation through time, with Adam. Tells what happens, as `fit` does. */
export async function* train(options: TrainOptions): AsyncGenerator<FitEvent, void, undefined> {
  const { characterModel, tokens, batch, time, budget, learningRate, clipNorm, rng } = options;
  const { model } = characterModel;
  const optimizer = new Adam({ parameters: parametersOf(model) });
  let steps = budget.steps ?? Number.MAX_SAFE_INTEGER;
  budget.start();
  const run = fit({
    model,
    optimizer,
    source: streamSource(languageModelStreams(tokens, { batch, time })),
    loss({ inputs, targets }, { carry, rng }: LossContext<CharRnnState>) {
      const [logits, state] = model.forward(inputs, { state: carry, rng });
      return { loss: crossEntropy(logits, targets), carry: state };
    },
    // Asked for before each step: when the time is up, the step that was taken is the last.
    get steps() {
      return steps;
    },
    schedule: (step) => learningRateAt(budget.progress(step), learningRate),
    clipNorm,
    rng,
    validation: validationOf(options),
    sample: sampleOf(options),
    checkpoints: options.checkpoints,
    resume: options.resume,
    signal: options.signal,
  });
  try {
    for await (const event of run) {
      if (event.type === 'step' && budget.isTimeUp) steps = event.step;
      yield event;
    }
  } finally {
    optimizer.dispose();
  }
}

function validationOf({ characterModel, validation, signal }: TrainOptions): ValidationOptions | undefined {
  if (!validation) return undefined;
  const tokens = validation.tokens.subarray(0, VALIDATION_LIMIT);
  const streams = Math.min(8, Math.max(1, Math.floor(tokens.length / VALIDATION_STREAM)));
  return {
    every: validation.every,
    run: async () => (await evaluate({ ...characterModel, tokens, streams, signal })).natsPerCharacter,
  };
}

function sampleOf({ characterModel, samples }: TrainOptions): SampleOptions | undefined {
  return (
    samples && {
      every: samples.every,
      async run(step) {
        let text = samples.prime;
        // By step, so that samples take nothing from the numbers that training draws.
        for await (const next of generate({ ...characterModel, ...samples, rng: new Rng(step) })) text += next;
        return text;
      },
    }
  );
}
