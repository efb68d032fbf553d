import { RuntimeError } from './error.ts';
import type { Slot } from './file.ts';
import type { Machine } from './machine.ts';

/** What a model gives: numbers, or tokens. Row by row. */
export type ModelArray = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** The leaves of a state, each without gaps, row by row, by their names. */
export type ModelState = Readonly<Record<string, ArrayLike<number>>>;

/** A model in the middle of a sequence. Memory stays as it is, however long the sequence. */
export class ModelStream {
  readonly #machine: Machine;
  #range: number;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#range = machine.take();
    this.reset();
  }

  get batch(): number {
    return this.#machine.program.batch;
  }

  /** [batch, inputSize] */
  get inputShape(): readonly number[] {
    return this.#machine.program.input.shape;
  }

  /** [batch, outputSize] */
  get outputShape(): readonly number[] {
    return this.#machine.program.output.shape;
  }

  /**
   * One step: x has the elements of [batch, inputSize], the result, which is the caller's, those of [batch, outputSize].
   * @throws RuntimeError INVALID_ARGUMENT if x has another length, is no integer where one is wanted, or is an index that there is not
   */
  step(x: ArrayLike<number>): ModelArray {
    const { program, run } = this.#machine;
    this.#write('x', program.input, x);
    try {
      run(this.#range);
    } catch (cause) {
      throw invalid(
        `step: an index in x is out of range (${String(cause)}). Check the vocabulary that made it.`,
        cause,
      );
    }
    return this.#view(program.output).slice();
  }

  /** A copy of the state after the last step, or before the first. `reset(state)` goes on from there. */
  get state(): Readonly<Record<string, ModelArray>> {
    return Object.fromEntries(this.#machine.program.state.map((leaf) => [leaf.name, this.#view(leaf).slice()]));
  }

  /**
   * Goes on from another state. Default: from the initial one.
   * @throws RuntimeError INVALID_ARGUMENT if it is no state of the model
   */
  reset(state?: ModelState): void {
    const { program, initial } = this.#machine;
    if (state) for (const leaf of program.state) this.#check(`state.${leaf.name}`, leaf, state[leaf.name]);
    for (const [i, leaf] of program.state.entries()) {
      const view = this.#view(leaf);
      const bytes = initial.get(i);
      if (state) view.set(state[leaf.name]!);
      else if (bytes) new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
      else view.fill(0);
    }
  }

  /** Gives its memory back, for other streams of the model. */
  dispose(): void {
    if (this.#range > 0) this.#machine.giveBack(this.#range);
    this.#range = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #view({ dtype, shape, offset }: Slot): ModelArray {
    if (this.#range === 0) throw invalid('the stream is disposed of. Make another.');
    const { buffer } = this.#machine.memory;
    return new (dtype === 'int32' ? Int32Array : Float32Array)(buffer, this.#range + offset, sizeOf(shape));
  }

  #write(name: string, slot: Slot, values: ArrayLike<number>): void {
    this.#check(name, slot, values);
    this.#view(slot).set(values);
  }

  #check(name: string, { dtype, shape }: Slot, values: ArrayLike<number> | undefined): void {
    const size = sizeOf(shape);
    if (values?.length !== size) {
      throw invalid(
        `${name} has ${values?.length ?? 'no'} elements; it should be [${shape.join(', ')}], ${size} in all.`,
      );
    }
    if (dtype !== 'int32') return;
    for (let i = 0; i < size; i++) {
      if (values[i] !== (values[i]! | 0)) throw invalid(`${name}: element ${i} is ${values[i]}, no 32-bit integer.`);
    }
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

function invalid(message: string, cause?: unknown): RuntimeError {
  return new RuntimeError('INVALID_ARGUMENT', message, { cause });
}
