import { bytesPerSequence } from './batch.ts';
import type { LoopModule } from './loop-module.ts';
import type { BatchPart } from './run-loop.ts';
import type { Slice } from './table.ts';
import type { Storage } from './values.ts';

/** What has another address in each run: memory of a part alone, a packed weight, or a buffer. */
export type Base = { readonly kind: 'own' } | { readonly kind: 'packed'; readonly index: number } | BufferBase;

/** A buffer of the caller, or of the results. */
export type BufferBase =
  | { readonly kind: 'constant' | 'series' | 'kept' | 'total'; readonly value: number }
  | { readonly kind: 'carriedIn' | 'carriedOut'; readonly index: number };

/** The tables of a run, but for its addresses. */
export interface TablePlan {
  readonly time: number;
  readonly parts: readonly BatchPart[];
  readonly bases: readonly Base[];
  /** Of each part. */
  readonly words: readonly Words[];
}

/** Of each word of a table, the base that it is counted from, and what is added. */
export interface Words {
  readonly base: Int32Array;
  readonly offset: Int32Array;
}

/** A word that is the same in all runs of a plan. */
export const NONE = -1;

const plans = new WeakMap<LoopModule, TablePlan>();

/** The plan for so many steps and these parts. The last one of each loop is kept: most runs are like the one before. */
export function tablePlan(code: LoopModule, time: number, parts: readonly BatchPart[]): TablePlan {
  const known = plans.get(code);
  if (known?.time === time && areSame(known.parts, parts)) return known;
  const plan = new Planner(code, time, parts).run();
  plans.set(code, plan);
  return plan;
}

function areSame(a: readonly BatchPart[], b: readonly BatchPart[]): boolean {
  return (
    a.length === b.length && a.every((part, i) => part.first === b[i]!.first && part.sequences === b[i]!.sequences)
  );
}

/** Finds the words of each part as if all bases were at 0, and notes which one a word asks for. */
class Planner {
  readonly #code: LoopModule;
  readonly #time: number;
  readonly #parts: readonly BatchPart[];
  readonly #bases: Base[] = [];
  readonly #numbers: Map<string, number> = new Map();
  #asked = NONE;

  constructor(code: LoopModule, time: number, parts: readonly BatchPart[]) {
    this.#code = code;
    this.#time = time;
    this.#parts = parts;
  }

  run(): TablePlan {
    const { table } = this.#code.driver;
    const words = this.#parts.map((_, i): Words => {
      const slice = this.#slice(i);
      const [base, offset] = [new Int32Array(table.words.length), new Int32Array(table.words.length)];
      for (const [j, fill] of table.words.entries()) {
        this.#asked = NONE;
        offset[j] = fill(slice);
        base[j] = this.#asked;
      }
      return { base, offset };
    });
    return { time: this.#time, parts: this.#parts, bases: this.#bases, words };
  }

  #slice(i: number): Slice {
    const { first, sequences } = this.#parts[i]!;
    const ask = (base: Base): number => this.#ask(base);
    const { program } = this.#code;
    const ofCarried = (index: number): number => this.#before(first, program.carried[index]!.value);
    return {
      time: this.#time,
      sequences,
      addressOf: (storage) => this.#whereIs(storage, i),
      carriedIn: (index) => ask({ kind: 'carriedIn', index }) + ofCarried(index),
      carriedOut: (index) => ask({ kind: 'carriedOut', index }) + ofCarried(index),
      packed: (index) => ask({ kind: 'packed', index }),
      get own() {
        return ask({ kind: 'own' });
      },
    };
  }

  #whereIs(storage: Storage, i: number): number {
    const { program, driver, split } = this.#code;
    const { first } = this.#parts[i]!;
    if (storage.kind === 'constant') {
      return this.#ask({ kind: 'constant', value: storage.value }) + this.#before(first, storage.value);
    }
    if (storage.kind === 'total') {
      // Rows of one total; of what each part sums for itself, the first part's is the total.
      const isShared = i === 0 || hasRows(split, storage.value);
      const at = isShared
        ? this.#ask({ kind: 'total', value: storage.value })
        : this.#ask({ kind: 'own' }) + driver.totals.get(storage.value)!;
      return at + this.#before(first, storage.value);
    }
    if (storage.kind !== 'series' && storage.kind !== 'kept') return 0;
    const start = program.reversed ? (this.#time - 1) * storage.bytes : 0;
    const ahead = storage.isAhead ? storage.bytes : 0;
    return this.#ask({ kind: storage.kind, value: storage.value }) + start + ahead + this.#before(first, storage.value);
  }

  /** Bytes of the sequences before a part. */
  #before(first: number, value: number): number {
    const { program, split } = this.#code;
    return first > 0 && 'roles' in split && hasRows(split, value)
      ? first * bytesPerSequence(program, value, split.batch)
      : 0;
  }

  #ask(base: Base): number {
    const key = Object.values(base).join(' ');
    let number = this.#numbers.get(key);
    if (number === undefined) this.#numbers.set(key, (number = this.#bases.push(base) - 1));
    this.#asked = number;
    return 0;
  }
}

/** Whether each sequence has rows of its own of a value. */
function hasRows(split: LoopModule['split'], value: number): boolean {
  return 'roles' in split && split.roles[value] === 'rows';
}
