import { i32 } from '../assembler/instructions.ts';
import type { I32, Local } from '../assembler/value.ts';
import type { Storage } from './values.ts';

/** Where a run, or one part of its batch, finds and leaves its numbers. */
export interface Slice {
  readonly time: number;
  /** Sequences of the batch. */
  readonly sequences: number;
  /** What the steps find and leave: the first byte for this part, in the first step that runs. */
  readonly addressOf: (storage: Storage) => number;
  readonly carriedIn: (index: number) => number;
  readonly carriedOut: (index: number) => number;
  /** Where a packed weight is, by its number. */
  readonly packed: (index: number) => number;
  /** The memory of this part alone. */
  readonly own: number;
}

const WORD = 4;

/**
 * The words of memory from which the code of a loop learns all that differs from run to run, and from part to part of a batch: the
 * code itself may run in several threads at a time.
 */
export class Table {
  readonly #words: ((slice: Slice) => number)[] = [];

  /** A word that is found as `fill` says; gives the code that reads it. */
  word(fill: (slice: Slice) => number): (table: Local<'i32'>) => I32 {
    const at = (this.#words.push(fill) - 1) * WORD;
    return (table) => i32.load(table, at);
  }

  /** Bytes from the start of the table to so many words that the code writes; 0 before each run. */
  reserve(words: number): number {
    const at = this.bytes;
    for (let i = 0; i < words; i++) this.#words.push(() => 0);
    return at;
  }

  get bytes(): number {
    return this.#words.length * WORD;
  }

  /** How each word is found. */
  get words(): readonly ((slice: Slice) => number)[] {
    return this.#words;
  }

  write(memory: Int32Array, address: number, slice: Slice): void {
    this.#words.forEach((fill, i) => (memory[address / WORD + i] = fill(slice)));
  }
}

const ALIGNMENT = 64;
/** Behind each place: whole vectors are read. */
const SLACK = 16;

/** Bytes of memory, handed out in order. */
export class Places {
  /** The first byte that is free. */
  bytes: number;

  constructor(start = 0) {
    this.bytes = start;
  }

  take(bytes: number): number {
    const at = this.bytes;
    this.bytes += Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    return at;
  }
}
