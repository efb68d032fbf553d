import { type Budget, learningRateAt } from '@unroll/app-kit';
import { crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { type Rng, parametersOf } from '@unroll/tensor';
import { type Checkpoint, type CheckpointOptions, type FitEvent, bucketedSource, fit } from '@unroll/training';
import { encodePair, pairBatch } from './batch.ts';
import type { Translator } from './config.ts';
import { PackedPairs } from './corpus/packed-pairs.ts';
import { likelihood } from './evaluate.ts';
import type { Pair } from './pairs/pair.ts';
import { translate } from './translate.ts';

export interface TrainOptions {
  /** Is trained in place. */
  readonly translator: Translator;
  /** As texts, or encoded by the sides of the translator: a large corpus takes less memory. */
  readonly pairs: readonly Pair[] | PackedPairs;
  /** Pairs of a step. */
  readonly batch: number;
  /** Started. */
  readonly budget: Budget;
  /** The highest rate of Adam; `learningRateAt` says when. */
  readonly learningRate: number;
  /** The largest global norm of the gradients. */
  readonly clipNorm: number;
  /** The share of a target's probability that is spread over all tokens. Default 0. */
  readonly labelSmoothing?: number;
  /** Orders the pairs, and draws what is dropped out. */
  readonly rng: Rng;
  /** Pairs to check by: the mean of −log p over their tokens. Default: none. */
  readonly validation?: { readonly pairs: readonly Pair[]; readonly every: number } | undefined;
  /** Pairs whose sources are translated greedily now and then, to look at. Default: none. */
  readonly samples?: { readonly pairs: readonly Pair[]; readonly every: number } | undefined;
  readonly checkpoints?: CheckpointOptions | undefined;
  /** Where to go on from. */
  readonly resume?: Checkpoint | undefined;
  /** Ends the run after the step, saved. */
  readonly signal?: AbortSignal | undefined;
}

/** Trains a translator by teacher forcing, with Adam, on batches of like lengths. Tells what happens, as `fit` does. */
export async function* train(options: TrainOptions): AsyncGenerator<FitEvent, void, undefined> {
  const { translator, batch, budget, learningRate, labelSmoothing = 0, rng, validation, samples, signal } = options;
  const { model } = translator;
  const pairs = options.pairs instanceof PackedPairs ? options.pairs : packed(translator, options.pairs);
  const optimizer = new Adam({ parameters: parametersOf(model) });
  let last: number | undefined;
  const run = fit({
    model,
    optimizer,
    source: bucketedSource(
      Array.from({ length: pairs.length }, (_, i) => i),
      { batch, length: orderOf(pairs), rng },
    ),
    loss(some: number[], { rng }) {
      const encoded = some.map((i) => pairs.at(i));
      const { source, sourceMask, inputs, targets, mask } = pairBatch(translator, encoded);
      const { logits } = model.forward(source, inputs, { sourceMask, mask, rng });
      return { loss: crossEntropy(logits, targets, { mask, labelSmoothing }) };
    },
    // Asked for before each step: when the time is up, the step that was taken is the last.
    get steps() {
      return last ?? budget.steps ?? Number.MAX_SAFE_INTEGER;
    },
    schedule: (step) => learningRateAt(budget.progress(step), learningRate),
    clipNorm: options.clipNorm,
    rng,
    validation: validation && {
      every: validation.every,
      async run() {
        const { nats, tokens } = await likelihood({ translator, pairs: validation.pairs, signal });
        return nats / tokens;
      },
    },
    sample: samples && {
      every: samples.every,
      async run() {
        const texts = samples.pairs.map(({ source }) => source);
        const found = await translate({ translator, texts, beamSize: 1, maxLength: SAMPLE_LENGTH, signal });
        return found.map(({ source, text }) => `${source}  →  ${text}`).join('\n');
      },
    },
    checkpoints: options.checkpoints,
    resume: options.resume,
    signal,
  });
  try {
    for await (const event of run) {
      if (event.type === 'step' && budget.isTimeUp) last = event.step;
      yield event;
    }
  } finally {
    optimizer.dispose();
  }
}

/** The most tokens of a sample: a model that has learned little finds no end. */
const SAMPLE_LENGTH = 60;

function packed(translator: Translator, pairs: readonly Pair[]): PackedPairs {
  const { source, target } = translator;
  const packed = new PackedPairs({ size: Math.max(source.size, target.size) });
  for (const pair of pairs) packed.add(encodePair(translator, pair));
  return packed;
}

/** By the length of the target; of targets of one length, like sources stand together. */
function orderOf(pairs: PackedPairs): (index: number) => number {
  return (index) => {
    const { source, target } = pairs.at(index);
    return target.length + source.length / 1e6;
  };
}
