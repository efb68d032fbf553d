import type { GpuWork } from '../workloads.ts';

/** One unit of work, to be done again and again: done, and its result read, when the promise is kept. */
export interface PageTask {
  /** The first numbers of the product's first row, or the loss: of a training step, the loss before it. */
  run(): Promise<readonly number[]>;
  dispose(): void;
}

/** A library on one of its devices, in the page. */
export interface PageContestant {
  /** Version, device, and what it does otherwise than the others. */
  readonly about: string;
  readonly prepare: (work: GpuWork) => PageTask;
}

/** Both factors of a product, the same for all. */
export function matrices(n: number): readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
  const numbers = (factor: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: n * n }, (_, i) => Math.sin(i * factor));
  return [numbers(0.37), numbers(0.11)];
}

/** How many numbers of the product are read: reading all would measure the way back. */
export const SHOWN = 8;
