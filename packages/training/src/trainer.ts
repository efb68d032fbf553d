import { valueAndGradWithAux } from '@unroll/autograd';
import { UnrollError } from '@unroll/backend';
import { loadStateDict, stateDict } from '@unroll/io';
import type { Optimizer } from '@unroll/optim';
import { Rng, Tensor, type TensorTree, keep, namedParameters, scope } from '@unroll/tensor';
import { disposeCarry, loadCarry, ownCarry, saveCarry } from './checkpoint/carry.ts';
import type { Checkpoint, SummedLosses } from './checkpoint/checkpoint.ts';
import type { StepEvent } from './events.ts';
import type { FitOptions } from './fit-options.ts';
import { DivergenceError } from './divergence-error.ts';
import { type LossAndNorm, clipToNorm, readLossAndNorm } from './gradient-norm.ts';
import { learningRateOf, restoreSchedule, scheduleState } from './schedule.ts';
import { usualOptimizer } from './usual-optimizer.ts';
import { type ValidationProgress, afterValidation } from './validation-progress.ts';

interface Differentiated<Carry> {
  readonly loss: Tensor;
  readonly grads: readonly Tensor[];
  readonly carry: Carry | undefined;
  readonly learningRateScale: number;
}

/** That of one batch. */
interface DifferentiatedBatch<Carry> extends Differentiated<Carry> {
  readonly weight: number;
}

/** The state of a run: all that a checkpoint holds, live. Takes single steps; `fit` decides what happens between them. */
export class Trainer<Batch, Carry extends TensorTree> {
  readonly #options: FitOptions<Batch, Carry>;
  readonly #optimizer: Optimizer;
  /** Of the optimizer's parameters, for messages. */
  readonly #names: readonly string[];
  #step = 0;
  #rng: Rng;
  #carry: Carry | undefined;
  #validation: ValidationProgress | undefined;
  #firstLoss: number | undefined;
  /** Since the last validation. */
  #losses: SummedLosses = { sum: 0, steps: 0 };

  constructor(options: FitOptions<Batch, Carry>) {
    const names = new Map(namedParameters(options.model).map(([name, parameter]) => [parameter, name]));
    this.#options = options;
    this.#optimizer = options.optimizer ?? usualOptimizer('fit', options.model);
    this.#names = this.#optimizer.parameters.map((parameter) => names.get(parameter)!);
    this.#rng = options.rng.fork();
  }

  /** The number of steps taken. */
  get step(): number {
    return this.#step;
  }

  get validation(): ValidationProgress | undefined {
    return this.#validation;
  }

  /** The mean loss of the steps since the last validation. */
  get trainingLoss(): number | undefined {
    const { sum, steps } = this.#losses;
    return steps === 0 ? undefined : sum / steps;
  }

  /**
   * One step: loss, gradients, clipping, update. The device is read once, before anything is changed.
   * @throws DivergenceError NON_FINITE if the loss or a gradient is not finite, DIVERGED if the guard stops the run; the parameters are
   * not changed then
   */
  async takeStep(): Promise<StepEvent> {
    const start = performance.now();
    const optimizer = this.#optimizer;
    const { schedule, source, clipNorm, accumulate = 1, average } = this.#options;
    const step = this.#step + 1;
    const usualRate = learningRateOf(schedule, this.#step) ?? optimizer.learningRate;
    const { loss, grads, carry, learningRateScale } = this.#differentiate();
    const learningRate = usualRate * learningRateScale;
    try {
      const named = grads.map((gradient, i) => {
        return { gradient, value: optimizer.parameters[i]!.value, name: this.#names[i]! };
      });
      const read = await readLossAndNorm(loss, named, step);
      this.#guard(read, step);
      scope(() => {
        const clipped = clipNorm === undefined ? grads : clipToNorm(grads, read.norm, clipNorm);
        optimizer.step(clipped, { learningRate });
      });
      average?.update();
      this.#replaceCarry(carry);
      this.#firstLoss ??= read.loss;
      this.#losses = { sum: this.#losses.sum + read.loss, steps: this.#losses.steps + 1 };
      this.#step = step;
      const seconds = (performance.now() - start) / 1000;
      const { batchesPerEpoch } = source;
      const epoch = batchesPerEpoch === undefined ? {} : { epoch: (step * accumulate) / batchesPerEpoch };
      return { type: 'step', step, ...epoch, loss: read.loss, gradientNorm: read.norm, learningRate, seconds };
    } catch (error) {
      disposeCarry(carry);
      throw error;
    } finally {
      for (const tensor of [loss, ...grads]) tensor.dispose();
    }
  }

  /**
   * Takes a validation into account; whether it was the lowest.
   * @throws UnrollError NON_FINITE
   */
  observe(loss: number): boolean {
    const { schedule, earlyStopping, checkpoints } = this.#options;
    if (!Number.isFinite(loss)) {
      throw new UnrollError(
        'NON_FINITE',
        `fit: the validation after step ${this.#step} gave ${loss}. A mean over no data? A log of 0?`,
      );
    }
    const isBest = this.#validation === undefined || loss < this.#validation.bestLoss;
    this.#validation = afterValidation(this.#validation, this.#step, loss, {
      minDelta: earlyStopping?.minDelta,
      keepBest: checkpoints?.keepBest,
    });
    if (typeof schedule === 'object') schedule.observe(loss);
    this.#losses = { sum: 0, steps: 0 };
    return isBest;
  }

  /** A copy of the whole state. */
  async checkpoint(): Promise<Checkpoint> {
    const optimizer = this.#optimizer;
    const { model, average, schedule, source, checkpoints } = this.#options;
    return {
      step: this.#step,
      model: await stateDict(model),
      metadata: new Map(Object.entries(checkpoints?.metadata ?? {})),
      validation: this.#validation,
      optimizer: await optimizer.state(),
      average: await average?.state(),
      firstLoss: this.#firstLoss,
      losses: this.#losses,
      schedule: scheduleState(schedule),
      source: source.state(),
      rng: this.#rng.state(),
      carry: this.#carry === undefined ? undefined : await saveCarry(this.#carry),
    };
  }

  /** @throws UnrollError STATE_MISMATCH if the checkpoint belongs to another model, optimizer or source */
  restore({
    step,
    model: saved,
    validation,
    optimizer: optimizerState,
    average: averageState,
    schedule: scheduleState,
    ...rest
  }: Checkpoint): void {
    const optimizer = this.#optimizer;
    const { model, average, schedule, source } = this.#options;
    loadStateDict(model, saved);
    optimizer.restore(optimizerState);
    if (averageState) average?.restore(averageState);
    // Whoever resumes may want an average from now on.
    else average?.reset();
    restoreSchedule(schedule, scheduleState);
    source.restore(rest.source);
    this.#rng = Rng.fromState(rest.rng);
    const backend = optimizer.parameters[0]?.value.backend;
    // The layout is that of what this loss returned.
    this.#replaceCarry(rest.carry && (loadCarry(rest.carry, backend) as Carry));
    this.#validation = validation;
    this.#firstLoss = rest.firstLoss;
    this.#losses = rest.losses ?? { sum: 0, steps: 0 };
    this.#step = step;
  }

  /** Gives the memory of the carried state back, and that of an optimizer of its own. The model is the caller's, and an optimizer that was given. */
  dispose(): void {
    this.#replaceCarry(undefined);
    if (!this.#options.optimizer) this.#optimizer.dispose();
  }

  /** The mean of as many batches as make a step, each by its weight. */
  #differentiate(): Differentiated<Carry> {
    const { accumulate = 1 } = this.#options;
    const first = this.#differentiateBatch(this.#carry);
    if (accumulate === 1) return first;
    let { loss, grads, carry, weight } = this.#weighted(first);
    let scales = first.learningRateScale;
    for (let i = 1; i < accumulate; i++) {
      let next: DifferentiatedBatch<Carry>;
      try {
        next = this.#weighted(this.#differentiateBatch(carry));
      } catch (error) {
        for (const tensor of [loss, ...grads]) tensor.dispose();
        disposeCarry(carry);
        throw error;
      }
      const sums = [next.loss, ...next.grads].map((x, j) => scope(() => keep(x.add(j === 0 ? loss : grads[j - 1]!))));
      for (const tensor of [loss, ...grads, next.loss, ...next.grads]) tensor.dispose();
      [loss, ...grads] = sums as [Tensor, ...Tensor[]];
      disposeCarry(carry);
      carry = next.carry;
      weight += next.weight;
      scales += next.learningRateScale;
    }
    const [mean, ...means] = [loss, ...grads].map((sum) => scope(() => keep(sum.div(weight))));
    for (const sum of [loss, ...grads]) sum.dispose();
    return { loss: mean!, grads: means, carry, learningRateScale: scales / accumulate };
  }

  /** Loss and gradients times the weight. */
  #weighted({ loss, grads, ...rest }: DifferentiatedBatch<Carry>): DifferentiatedBatch<Carry> {
    const [scaledLoss, ...scaled] = [loss, ...grads].map((x) => scope(() => keep(x.mul(rest.weight))));
    for (const tensor of [loss, ...grads]) tensor.dispose();
    return { loss: scaledLoss!, grads: scaled, ...rest };
  }

  #differentiateBatch(carried: Carry | undefined): DifferentiatedBatch<Carry> {
    const { source } = this.#options;
    return scope(() => {
      const { batch, reset, learningRateScale = 1 } = source.next();
      const context = { carry: reset ? undefined : carried, rng: this.#rng, step: this.#step };
      let weight = 1;
      const { value, grads, aux } = valueAndGradWithAux(() => {
        const result = this.#options.loss(batch, context);
        checkResult(result);
        weight = result.weight ?? 1;
        return [result.loss, result.carry === undefined ? [] : [result.carry]];
      }, this.#optimizer.parameters);
      const carry = aux[0];
      return {
        loss: keep(value.detach()),
        grads: grads.map(keep),
        carry: carry === undefined ? undefined : ownCarry(carry),
        weight,
        learningRateScale,
      };
    });
  }

  /** @throws DivergenceError DIVERGED */
  #guard({ loss, norm, largest }: LossAndNorm, step: number): void {
    const { lossFactor = Infinity, gradientNorm = Infinity } = this.#options.guard ?? {};
    const first = this.#firstLoss ?? loss;
    const isLarge = norm > gradientNorm;
    if (!isLarge && !(loss > lossFactor * first && first > 0)) return;
    throw new DivergenceError({
      code: 'DIVERGED',
      step,
      parameter: largest,
      what:
        (isLarge
          ? `the norm of the gradients is ${norm.toPrecision(4)}, the guard allows ${gradientNorm}`
          : `the loss is ${loss.toPrecision(4)}, more than ${lossFactor} times that of the first batch, ${first.toPrecision(4)}`) +
        (largest === undefined ? '' : `; the largest gradient is that of ${largest}`),
      remedies: [
        this.#options.clipNorm === undefined
          ? 'Give clipNorm (5 is usual, 0.25 for a large vocabulary), or a smaller learning rate.'
          : 'Try a learning rate a third as large, or a smaller clipNorm, and warm up over the first hundreds of steps.',
        'findLearningRate shows which rates are too large.',
      ],
    });
  }

  #replaceCarry(next: Carry | undefined): void {
    disposeCarry(this.#carry);
    this.#carry = next;
  }
}

/** What plain JavaScript may return besides `{ loss }`. */
function checkResult(result: unknown): void {
  if (typeof result === 'object' && result !== null && 'loss' in result) return;
  const given = result instanceof Promise ? 'a promise' : result instanceof Tensor ? 'a tensor' : String(result);
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `fit: the loss returned ${given}; it must return { loss }, with a tensor, and without waiting.`,
  );
}
