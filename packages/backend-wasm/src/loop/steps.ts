import type { Buffer, LoopStart, LoopSteps, Signature } from '@unroll/backend';
import type { Memory } from '../memory/memory.ts';
import type { WasmBuffer } from '../memory/wasm-buffer.ts';
import { explained } from './failure.ts';
import type { LoopCode } from './run-loop.ts';
import type { Slice } from './table.ts';
import { BYTES } from './values.ts';

/**
 * The steps of a loop, one at a time: where its numbers lie is found out once, and what is carried stays in its place. `run` reads
 * it from there, and writes it back when the step is done.
 */
export class CompiledSteps implements LoopSteps {
  readonly #memory: Memory;
  readonly #code: LoopCode;
  readonly #carried: readonly WasmBuffer[];
  /** The loop's own memory, and its table behind it. */
  readonly #scratch: WasmBuffer;
  readonly #table: number;
  /** What one step gives. */
  readonly #result: Signature;
  /** The words of the table that hold the number of steps, the address of x, that of the result. */
  readonly #ofTime: readonly Word[];
  readonly #ofX: readonly Word[];
  readonly #ofResult: readonly Word[];

  constructor(memory: Memory, code: LoopCode, start: LoopStart) {
    const { program, driver, split } = code;
    this.#memory = memory;
    this.#code = code;
    this.#carried = start.carried.map((value) => copyOf(memory, value));
    this.#scratch = memory.make({ shape: [(driver.own + driver.table.bytes) / BYTES], dtype: 'float32' });
    const own = memory.address(this.#scratch);
    this.#table = own + driver.own;
    this.#result = program.values[program.outputs.series[0]!]!;

    const packed = driver.packed.map(({ value, name, bytes }) => memory.derived(start.constant(value), name, bytes));
    const slice = (time: number, x: number, result: number): Slice => {
      const places = { series: x, kept: result, carried: 0, step: 0, total: 0 };
      return {
        time,
        sequences: 'batch' in split ? split.batch : 1,
        addressOf: (storage) =>
          storage.kind === 'constant' ? memory.address(start.constant(storage.value)) : places[storage.kind],
        carriedIn: (index) => memory.address(this.#carried[index]!),
        carriedOut: (index) => memory.address(this.#carried[index]!),
        packed: (index) => packed[index]!.address,
        own,
      };
    };
    // Words that change with a number hold it.
    const words = (time: number, x: number, result: number): Int32Array => {
      const table = new Int32Array(driver.table.bytes / BYTES);
      driver.table.write(table, 0, slice(time, x, result));
      return table;
    };
    const base = words(0, 0, 0);
    const changed = (other: Int32Array): readonly Word[] =>
      Array.from(base, (offset, index) => ({ index, offset })).filter(({ index, offset }) => other[index] !== offset);
    this.#ofTime = changed(words(1, 0, 0));
    this.#ofX = changed(words(0, BYTES, 0));
    this.#ofResult = changed(words(0, 0, BYTES));
    memory.linear.int32.set(base, this.#table / BYTES);
    if (packed.some(({ isMade }) => !isMade)) {
      code.prepare(this.#table);
      for (const each of packed) each.isMade = true;
    }
  }

  step(x: Buffer): Buffer {
    return this.#run(1, x, this.#result);
  }

  run(time: number, xs: Buffer): Buffer {
    const { shape, dtype } = this.#result;
    return this.#run(time, xs, { shape: [time, ...shape], dtype });
  }

  #run(time: number, xs: Buffer, signature: Signature): Buffer {
    const result = this.#memory.make(signature);
    try {
      this.#write(this.#ofTime, time);
      this.#write(this.#ofX, this.#memory.address(xs));
      this.#write(this.#ofResult, this.#memory.address(result));
      this.#code.run(this.#table);
    } catch (error) {
      this.#memory.free(result);
      throw explained(error, this.#code, this.#memory.linear.int32, time, [{ table: this.#table, first: 0 }]);
    }
    return result;
  }

  carried(): readonly Buffer[] {
    return this.#carried.map((value) => copyOf(this.#memory, value));
  }

  end(): void {
    for (const buffer of [...this.#carried, this.#scratch]) this.#memory.free(buffer);
  }

  #write(words: readonly Word[], number: number): void {
    const table = this.#memory.linear.int32;
    for (const { index, offset } of words) table[this.#table / BYTES + index] = offset + number;
  }
}

/** A word of the table. */
interface Word {
  readonly index: number;
  /** What it holds when the number is 0. */
  readonly offset: number;
}

function copyOf(memory: Memory, source: Buffer): WasmBuffer {
  const copy = memory.make(source);
  const from = memory.address(source) / BYTES;
  const bytes = copy.shape.reduce((size, length) => size * length, 1) * BYTES;
  memory.linear.int32.copyWithin(memory.address(copy) / BYTES, from, from + bytes / BYTES);
  return copy;
}
