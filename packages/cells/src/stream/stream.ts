import {
  type Buffer,
  type LoopSteps,
  type Shape,
  UnrollError,
  formatShape,
  isFloat,
  sameShape,
  thrownInStep,
} from '@unroll/backend';
import {
  type Backend,
  Tensor,
  isProbing,
  isRecording,
  keep,
  mapTensors,
  scope,
  stack,
  tensorsOf,
  unstack,
} from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { checkCell } from '../check-cell.ts';
import { announceStepByStep } from '../scan/announce.ts';
import { checkStep, pairOf } from '../scan/check-step.ts';
import { Untraceable } from '../scan/trace-backend.ts';
import { checkSameState, leavesInOrderOf, replaceLeaves } from '../state.ts';
import { StepProgram } from './step-program.ts';

/** What a stream is made from. */
export interface StreamOptions<S extends State> {
  /** The model: a cell, a stack, a decoder from tokens to logits. */
  readonly cell: RecurrentCell<S>;
  /** Sequences side by side. Default 1. */
  readonly batch?: number;
}

/** A stream under way. Owns what it holds. */
interface Course<S extends State> {
  readonly backend: Backend;
  /** Shows what the state is built like; its tensors are gone. */
  readonly structure: S;
  /** The state, in the order of the structure: as leaves, or in the hands of the steps. */
  readonly leaves: readonly Buffer[];
  readonly steps?: LoopSteps;
}

/**
 * A cell in the middle of a sequence whose end is not known: x comes one step at a time, from a microphone, a socket, or from the
 * model's own last word. Gives what `cell.step` gives, without the cost of single ops: the step is written down at the first
 * call, and again when a parameter it reads has got another value. One that does something else each time, because it counts or
 * draws numbers, runs op by op. Memory stays as it is, with nothing to free, however long the sequence.
 *
 *     const stream = new Stream({ cell });
 *     for await (const x of microphone) console.log(await stream.step(x).data());
 *
 * For inference: it brings no derivatives. To train, and for sequences that are known as a whole, take `scan`.
 */
export class Stream<S extends State = State> {
  readonly cell: RecurrentCell<S>;
  readonly batch: number;
  #course: Course<S> | undefined;
  #program: StepProgram | undefined;
  /** Why the step can't be written down. */
  #isUntraceable = false;
  #y: Tensor | undefined;
  /** Steps since the beginning, or the last reset. */
  #taken = 0;

  /** @throws UnrollError INVALID_ARGUMENT for what is no cell, and unless the batch is an integer from 1 on */
  constructor({ cell, batch = 1 }: StreamOptions<S>) {
    checkCell('Stream', cell);
    if (!Number.isSafeInteger(batch) || batch < 1) {
      throw new UnrollError('INVALID_ARGUMENT', `Stream: the batch is ${batch}; it must be an integer from 1 on.`);
    }
    this.cell = cell;
    this.batch = batch;
  }

  /**
   * One step: x is [batch, inputSize], y [batch, outputSize]. y is there until the next step; `y.detach()` is there for longer.
   * @throws UnrollError SHAPE_MISMATCH, DTYPE_MISMATCH, BACKEND_MISMATCH if x does not fit; NOT_DIFFERENTIABLE while a derivative is
   * recorded
   */
  step(x: Tensor): Tensor {
    this.#check(x, [this.batch, this.cell.inputSize]);
    const course = this.#courseFor(x);
    const steps = this.#stepsFor(x, course);
    let y: Buffer;
    try {
      y = steps ? steps.step(x.buffer) : this.#stepOpByOp(x);
    } catch (error) {
      throw thrownInStep(this.#taken, error);
    }
    this.#taken++;
    return this.#handOut(course.backend, y);
  }

  /**
   * Many steps at once: what a text begins with, say. xs is [batch, time, inputSize], at least one step; ys [batch, time, outputSize]
   * belongs to the caller.
   * @throws as `step` does
   */
  read(xs: Tensor): Tensor {
    const { batch, cell } = this;
    const time = Math.max(xs.shape[1] ?? 0, 1);
    this.#check(xs, [batch, time, cell.inputSize]);
    return scope(() => {
      const byStep = xs.transpose([1, 0, 2]);
      const x = byStep.slice(0, 0, 1).squeeze(0);
      const { backend } = this.#courseFor(x);
      const steps = this.#stepsFor(x, this.#course!);
      try {
        if (steps) {
          const ys = steps.run(time, byStep.buffer);
          this.#taken += time;
          return new Tensor(ys, backend).transpose([1, 0, 2]);
        }
        const ys: Tensor[] = [];
        for (const each of unstack(xs, 1)) {
          ys.push(new Tensor(this.#stepOpByOp(each), backend));
          this.#taken++;
        }
        return stack(ys, 1);
      } catch (error) {
        throw thrownInStep(this.#taken, error);
      }
    });
  }

  /** The state after the last step, or before the first. It belongs to the caller: `reset(state)` goes on from there. */
  get state(): S {
    if (!this.#course) return this.cell.initialState(this.batch);
    const { backend, leaves, steps, structure } = this.#course;
    const handles = steps ? steps.carried() : leaves.map((leaf) => backend.share(leaf));
    return replaceLeaves(
      structure,
      handles.map((handle) => new Tensor(handle, backend)),
    );
  }

  /**
   * Goes on from another state, which stays the caller's. Default: from the cell's initial state.
   * @throws UnrollError SHAPE_MISMATCH, DTYPE_MISMATCH if it is no state of the cell
   */
  reset(state?: S): void {
    const like = state && tensorsOf(state)[0];
    const next = like && this.#begin(like, state);
    if (this.#course) letGo(this.#course);
    this.#course = next;
    this.#taken = 0;
  }

  /** Gives all memory back. The stream can begin anew. */
  dispose(): void {
    this.reset();
    this.#y?.dispose();
    this.#y = undefined;
    this.#program?.dispose();
    this.#program = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #check(x: Tensor, shape: Shape): void {
    if (!sameShape(x.shape, shape)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `Stream: x is ${formatShape(x.shape)}; it should be ${formatShape(shape)}.`,
      );
    }
    if (isRecording()) {
      throw new UnrollError(
        'NOT_DIFFERENTIABLE',
        'Stream: a step brings no derivative, and one is recorded here. Use scan or cell.step, or stream outside of the recording.',
      );
    }
  }

  #courseFor(x: Tensor): Course<S> {
    const course = (this.#course ??= this.#begin(x));
    if (x.backend === course.backend) return course;
    throw new UnrollError(
      'BACKEND_MISMATCH',
      `Stream: x lives on ${x.backend.name}, the state on ${course.backend.name}. Make both on one.`,
    );
  }

  /** The initial state, or this one, in the dtype of x as `scan` has it. */
  #begin({ backend, dtype }: Tensor, state?: S): Course<S> {
    let course!: Course<S>;
    // Nothing is returned from the scope, so that it frees the tensors of the structure.
    scope(() => {
      const structure = mapTensors(this.cell.initialState(this.batch), (leaf) =>
        isFloat(dtype) && leaf.dtype !== dtype ? leaf.cast(dtype) : leaf,
      );
      if (state !== undefined) checkSameState('Stream', state, structure);
      const leaves = leavesInOrderOf(structure, state ?? structure);
      course = { backend, structure, leaves: leaves.map((leaf) => leaf.backend.share(leaf.buffer)) };
    });
    return course;
  }

  /** Steps of the program that stands now; undefined if they have to run op by op. */
  #stepsFor(x: Tensor, course: Course<S>): LoopSteps | undefined {
    const isOpByOp = this.#isUntraceable || isProbing();
    if (course.steps && !isOpByOp && this.#program?.fits(x)) return course.steps;
    const paused = this.#pause(course);
    if (isOpByOp) return undefined;
    if (!this.#program?.fits(x)) this.#writeDown(x, course.structure);
    const steps = this.#program?.begin(paused.leaves);
    if (!steps) return undefined;
    letGo(paused);
    this.#course = { ...paused, leaves: [], steps };
    return steps;
  }

  /** Takes the state out of the hands of the steps. */
  #pause(course: Course<S>): Course<S> {
    const { backend, structure, steps } = course;
    if (!steps) return course;
    this.#course = { backend, structure, leaves: steps.carried() };
    steps.end();
    return this.#course;
  }

  #writeDown(x: Tensor, structure: S): void {
    this.#program?.dispose();
    this.#program = undefined;
    try {
      this.#program = new StepProgram(this.cell, x, structure);
    } catch (error) {
      if (!(error instanceof Untraceable)) throw error;
      this.#isUntraceable = true;
      announceStepByStep(this.cell, error.message);
    }
  }

  #stepOpByOp(x: Tensor): Buffer {
    const course = this.#course!;
    const { backend, structure } = course;
    return scope(() => {
      const [y, next] = pairOf(this.cell.step(x, this.state));
      checkStep(this.cell, this.batch, y, next, structure);
      const leaves = leavesInOrderOf(structure, next).map((leaf) => backend.share(leaf.buffer));
      letGo(course);
      this.#course = { backend, structure, leaves };
      return backend.share(y.buffer);
    });
  }

  /** y as a tensor that lives until the next step, whatever scopes there are. */
  #handOut(backend: Backend, y: Buffer): Tensor {
    this.#y?.dispose();
    // A list of the scope outside would grow with every step.
    scope(() => void (this.#y = keep(new Tensor(y, backend))));
    return this.#y!;
  }
}

function letGo({ backend, leaves, steps }: Course<State>): void {
  for (const leaf of leaves) backend.free(leaf);
  steps?.end();
}
