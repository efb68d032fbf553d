import { valueAndGradWithAux } from '@unroll/autograd';
import { UnrollError } from '@unroll/backend';
import { loadStateDict, stateDict } from '@unroll/io';
import { Rng, type Tensor, type TensorTree, keep, namedParameters, scope } from '@unroll/tensor';
import { disposeCarry, loadCarry, ownCarry, saveCarry } from './checkpoint/carry.ts';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import type { StepEvent } from './events.ts';
import type { FitOptions } from './fit-options.ts';
import { clipToNorm, readLossAndNorm } from './gradient-norm.ts';
import { learningRateOf, restoreSchedule, scheduleState } from './schedule.ts';
import { type ValidationProgress, afterValidation } from './validation-progress.ts';

interface Differentiated<Carry> {
  readonly loss: Tensor;
  readonly grads: readonly Tensor[];
  readonly carry: Carry | undefined;
}

/** The state of a run: all that a checkpoint holds, live. Takes single steps; `fit` decides what happens between them. */
export class Trainer<Batch, Carry extends TensorTree> {
  readonly #options: FitOptions<Batch, Carry>;
  /** Of the optimizer's parameters, for messages. */
  readonly #names: readonly string[];
  #step = 0;
  #rng: Rng;
  #carry: Carry | undefined;
  #validation: ValidationProgress | undefined;

  constructor(options: FitOptions<Batch, Carry>) {
    const names = new Map(namedParameters(options.model).map(([name, parameter]) => [parameter, name]));
    this.#options = options;
    this.#names = options.optimizer.parameters.map((parameter) => names.get(parameter)!);
    this.#rng = options.rng.fork();
  }

  /** The number of steps taken. */
  get step(): number {
    return this.#step;
  }

  get validation(): ValidationProgress | undefined {
    return this.#validation;
  }

  /**
   * One batch: loss, gradients, clipping, update. The device is read once, before anything is changed.
   * @throws UnrollError NON_FINITE if the loss or a gradient is not finite; the parameters are not changed then
   */
  async takeStep(): Promise<StepEvent> {
    const start = performance.now();
    const { optimizer, schedule, clipNorm } = this.#options;
    const step = this.#step + 1;
    const learningRate = learningRateOf(schedule, this.#step) ?? optimizer.learningRate;
    const { loss, grads, carry } = this.#differentiate();
    try {
      const named = grads.map((gradient, i) => {
        return { gradient, value: optimizer.parameters[i]!.value, name: this.#names[i]! };
      });
      const read = await readLossAndNorm(loss, named, step);
      scope(() => {
        const clipped = clipNorm === undefined ? grads : clipToNorm(grads, read.norm, clipNorm);
        optimizer.step(clipped, { learningRate });
      });
      this.#replaceCarry(carry);
      this.#step = step;
      const seconds = (performance.now() - start) / 1000;
      return { type: 'step', step, loss: read.loss, gradientNorm: read.norm, learningRate, seconds };
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
    const { schedule, earlyStopping } = this.#options;
    if (!Number.isFinite(loss)) {
      throw new UnrollError(
        'NON_FINITE',
        `fit: the validation after step ${this.#step} gave ${loss}. A mean over no data? A log of 0?`,
      );
    }
    const isBest = this.#validation === undefined || loss < this.#validation.bestLoss;
    this.#validation = afterValidation(this.#validation, this.#step, loss, earlyStopping);
    if (typeof schedule === 'object') schedule.observe(loss);
    return isBest;
  }

  /** A copy of the whole state. */
  async checkpoint(): Promise<Checkpoint> {
    const { model, optimizer, schedule, source, checkpoints } = this.#options;
    return {
      step: this.#step,
      model: await stateDict(model),
      metadata: new Map(Object.entries(checkpoints?.metadata ?? {})),
      validation: this.#validation,
      optimizer: await optimizer.state(),
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
    schedule: scheduleState,
    ...rest
  }: Checkpoint): void {
    const { model, optimizer, schedule, source } = this.#options;
    loadStateDict(model, saved);
    optimizer.restore(optimizerState);
    restoreSchedule(schedule, scheduleState);
    source.restore(rest.source);
    this.#rng = Rng.fromState(rest.rng);
    const backend = optimizer.parameters[0]?.value.backend;
    // The layout is that of what this loss returned.
    this.#replaceCarry(rest.carry && (loadCarry(rest.carry, backend) as Carry));
    this.#validation = validation;
    this.#step = step;
  }

  /** Gives the memory of the carried state back. Model and optimizer are the caller's. */
  dispose(): void {
    this.#replaceCarry(undefined);
  }

  #differentiate(): Differentiated<Carry> {
    const { source, optimizer } = this.#options;
    return scope(() => {
      const { batch, reset } = source.next();
      const context = { carry: reset ? undefined : this.#carry, rng: this.#rng, step: this.#step };
      const { value, grads, aux } = valueAndGradWithAux(() => {
        const { loss, carry } = this.#options.loss(batch, context);
        return [loss, carry === undefined ? [] : [carry]];
      }, optimizer.parameters);
      const carry = aux[0];
      return {
        loss: keep(value.detach()),
        grads: grads.map(keep),
        carry: carry === undefined ? undefined : ownCarry(carry),
      };
    });
  }

  #replaceCarry(next: Carry | undefined): void {
    disposeCarry(this.#carry);
    this.#carry = next;
  }
}
