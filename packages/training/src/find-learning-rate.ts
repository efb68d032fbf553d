import { UnrollError, portablePow, checkGiven } from '@unroll/backend';
import type { Optimizer } from '@unroll/optim';
import { Rng, type Tensor, type TensorTree, keep, checkRng } from '@unroll/tensor';
import { DivergenceError } from './divergence-error.ts';
import { EventLoop } from './event-loop.ts';
import { type FitOptions, checkOptimizer, checkSource } from './fit-options.ts';
import { Trainer } from './trainer.ts';
import { usualOptimizer } from './usual-optimizer.ts';

const YIELD_MILLISECONDS = 50;

export interface FindLearningRateOptions<Batch, Carry extends TensorTree> extends Pick<
  FitOptions<Batch, Carry>,
  'model' | 'optimizer' | 'source' | 'loss' | 'rng' | 'clipNorm' | 'accumulate' | 'signal'
> {
  /** The first rate. Default 1e-6. */
  readonly from?: number;
  /** The last rate. Default 10. */
  readonly to?: number;
  /** Steps from the first to the last. Default 100. */
  readonly steps?: number | undefined;
  /** How much of the old smoothed loss stays at each step, in [0, 1). Default 0.9. */
  readonly smoothing?: number;
  /** Ends the search once the smoothed loss is more than so many times the lowest. Default 4. */
  readonly divergesAt?: number;
}

/** One step of a search. */
export interface LearningRatePoint {
  readonly learningRate: number;
  /** Of the batch, before the step. */
  readonly loss: number;
  /** The moving average of the losses, corrected for its start. */
  readonly smoothedLoss: number;
}

/** What a search found. */
export interface LearningRateCurve {
  /** In order; it ends early where the loss grew or was no longer finite. */
  readonly points: readonly LearningRatePoint[];
  /** The rate at which the smoothed loss fell fastest per factor of the rate; undefined if it never fell. */
  readonly suggestion: number | undefined;
  /** The rate at which the smoothed loss was lowest: rates from here on are too large. */
  readonly lowest: number;
}

/**
 * The learning-rate range test (Smith 2017): takes steps at rates that grow by one factor from `from` to `to`, and watches the loss.
 * Between "nothing happens" and "it explodes" lies the suggestion; a third or a tenth of `lowest` is the usual other choice.
 * Weights, optimizer and source are afterwards as they were before, to the bit; the `rng` is not moved.
 * @throws UnrollError INVALID_ARGUMENT for an option that can't be, NON_FINITE if the very first loss is not finite
 */
export async function findLearningRate<Batch, Carry extends TensorTree>(
  options: FindLearningRateOptions<Batch, Carry>,
): Promise<LearningRateCurve> {
  const { from = 1e-6, to = 10, steps = 100, smoothing = 0.9, divergesAt = 4, signal } = options;
  const { model, source, loss } = options;
  checkGiven('findLearningRate', { model, source, loss });
  checkSource('findLearningRate', source);
  check('from', from, from > 0, 'above 0');
  check('to', to, to > from, `above ${from}, where the search starts`);
  check('steps', steps, Number.isSafeInteger(steps) && steps >= 2, 'an integer from 2 on');
  check('smoothing', smoothing, smoothing >= 0 && smoothing < 1, 'at least 0 and below 1');
  check('divergesAt', divergesAt, divergesAt > 1, 'above 1');
  checkRng('findLearningRate', options.rng);
  const rateOf = (step: number): number => from * portablePow(to / from, step / (steps - 1));
  const optimizer = options.optimizer ?? usualOptimizer('findLearningRate', options.model);
  checkOptimizer('findLearningRate', optimizer);
  const restore = await snapshot({ ...options, optimizer });
  const trainer = new Trainer({
    ...options,
    optimizer,
    steps,
    schedule: rateOf,
    rng: Rng.fromState(options.rng.state()),
  });
  const eventLoop = new EventLoop(YIELD_MILLISECONDS);
  const points: LearningRatePoint[] = [];
  try {
    let average = 0;
    let lowest = Infinity;
    while (points.length < steps) {
      if (signal?.aborted) break;
      const { loss, learningRate } = await trainer.takeStep();
      average = smoothing * average + (1 - smoothing) * loss;
      const smoothedLoss = average / (1 - portablePow(smoothing, points.length + 1));
      points.push({ learningRate, loss, smoothedLoss });
      lowest = Math.min(lowest, smoothedLoss);
      if (smoothedLoss > divergesAt * lowest && lowest > 0) break;
      await eventLoop.giveWay();
    }
  } catch (error) {
    // That rates of this size explode is what was to be found out.
    if (!(error instanceof DivergenceError) || points.length === 0) throw error;
  } finally {
    trainer.dispose();
    restore();
    if (!options.optimizer) optimizer.dispose();
  }
  return {
    points,
    suggestion: steepestFall(points, Math.ceil(1 / (1 - smoothing))),
    lowest: lowestPoint(points)?.learningRate ?? from,
  };
}

/** Keeps what the steps change; gives what puts it back. */
async function snapshot<Batch, Carry extends TensorTree>({
  optimizer,
  source,
}: Pick<FitOptions<Batch, Carry>, 'source'> & { readonly optimizer: Optimizer }): Promise<() => void> {
  const position = source.state();
  const optimizerState = await optimizer.state();
  const values: readonly Tensor[] = optimizer.parameters.map(({ value }) => keep(value.detach()));
  return () => {
    for (const [i, parameter] of optimizer.parameters.entries()) {
      parameter.value = values[i]!.detach();
      values[i]!.dispose();
    }
    optimizer.restore(optimizerState);
    source.restore(position);
  };
}

/**
 * By the slope of the smoothed loss over log(rate), up to its lowest point. The first points are averages of few batches: what falls there is
 * noise.
 */
function steepestFall(points: readonly LearningRatePoint[], start: number): number | undefined {
  const end = points.findIndex((point) => point === lowestPoint(points));
  let steepest: LearningRatePoint | undefined;
  let slope = 0;
  for (let i = start; i < end; i++) {
    // Steps are even in log(rate), so that a difference is a slope.
    const difference = points[i + 1]!.smoothedLoss - points[i - 1]!.smoothedLoss;
    if (difference >= slope) continue;
    slope = difference;
    steepest = points[i];
  }
  return steepest?.learningRate;
}

function lowestPoint(points: readonly LearningRatePoint[]): LearningRatePoint | undefined {
  let lowest = points[0];
  for (const point of points) if (point.smoothedLoss < lowest!.smoothedLoss) lowest = point;
  return lowest;
}

function check(name: string, value: number, valid: boolean, range: string): void {
  if (valid) return;
  throw new UnrollError('INVALID_ARGUMENT', `findLearningRate: ${name} is ${value}; it must be ${range}.`);
}
