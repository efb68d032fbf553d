import type { WasmFunction } from '../engine.ts';
import type { Part } from './threads.ts';

/** In each way at least so many jobs are looked at … */
const JOBS = 10;
/**
 * … and as many as take so many milliseconds: a virtual machine may be without a processor for some tens of them now and then, which
 * says nothing of what comes. Time between jobs does not count.
 */
export const MILLISECONDS = 500;
/** The second way has to have done so much of what took the time in the first one … */
const COVERED = 0.5;
/** … before it has taken so many times as long. */
const AT_MOST = 4;
/** Of the numbers of a call, whole ones below this are sizes; others are addresses, and what changes from step to step. */
const SIZES = 2 ** 16;

/** Jobs of the same kernels and sizes: how many there were and the milliseconds they took, in either way. */
interface Kind {
  readonly jobs: [number, number];
  readonly time: [number, number];
}

/** What jobs take in one way of running them and, after that, in another. Only jobs of a kind are compared: either may meet another part of a step. */
export class Comparison {
  readonly #kinds = new WeakMap<WasmFunction, Map<number, Kind>>();
  readonly #all: Kind[] = [];
  readonly #jobs: [number, number] = [0, 0];
  readonly #time: [number, number] = [0, 0];
  #way: 0 | 1 = 0;
  /** Milliseconds of the first way for kinds that the second has met as well. */
  #covered = 0;

  /** Whether it is the second way's turn. */
  get isSecond(): boolean {
    return this.#way === 1;
  }

  /** Milliseconds that jobs took in the first way and in the second. */
  get time(): readonly [number, number] {
    return this.#time;
  }

  /** Takes down what a job took in the way whose turn it is; true at the end, when `ratio` is known or will not be. */
  note(parts: readonly Part[], milliseconds: number): boolean {
    const way = this.#way;
    const { jobs, time } = this.#kindOf(parts[0]!);
    if (way === 1 && jobs[1] === 0) this.#covered += time[0];
    jobs[way]++;
    time[way] += milliseconds;
    this.#jobs[way]++;
    this.#time[way] += milliseconds;
    const isLong = this.#jobs[way] >= JOBS && this.#time[way] >= MILLISECONDS;
    if (way === 0) this.#way = isLong ? 1 : 0;
    return way === 1 && ((isLong && this.#isCovered) || this.#time[1] >= AT_MOST * this.#time[0]);
  }

  /** How long the second way takes for the jobs of the first, as a multiple of their time; undefined where too few of them came again. */
  get ratio(): number | undefined {
    if (!this.#isCovered) return undefined;
    const known = this.#all.filter(({ jobs }) => jobs[0] > 0 && jobs[1] > 0);
    const first = known.reduce((sum, { time }) => sum + time[0], 0);
    return known.reduce((sum, { jobs, time }) => sum + (jobs[0] * time[1]) / jobs[1], 0) / first;
  }

  get #isCovered(): boolean {
    return this.#covered >= COVERED * this.#time[0];
  }

  #kindOf(part: Part): Kind {
    const { kernel } = part[0]!;
    let sizes = part.length;
    for (const { values, size = 0 } of part) {
      sizes += size;
      for (const value of values) if (value < SIZES && Number.isInteger(value)) sizes += value;
    }
    let ofKernel = this.#kinds.get(kernel);
    if (!ofKernel) this.#kinds.set(kernel, (ofKernel = new Map()));
    let kind = ofKernel.get(sizes);
    if (!kind) {
      kind = { jobs: [0, 0], time: [0, 0] };
      ofKernel.set(sizes, kind);
      this.#all.push(kind);
    }
    return kind;
  }
}
