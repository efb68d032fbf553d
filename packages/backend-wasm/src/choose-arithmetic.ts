import type { WasmFunction } from './engine.ts';
import type { Memory } from './memory/memory.ts';

/** The product that is timed: like a recurrent one. */
const [M, K, N] = [48, 128, 128];
/** Engines first run unoptimised code and compile the rest beside; both sides get so much time for it. */
const WARM_UP_MS = 25;
const ROUNDS = 5;
const RUNS = 8;

export interface Timing {
  /** Time of the exact kernels divided by that of the relaxed ones, at their best. */
  readonly speedup: number;
}

/** Compares two `multiply.float32` kernels on the same data, in turn. */
export function time(memory: Memory, exact: WasmFunction, relaxed: WasmFunction, now: () => number): Timing {
  const floats = M * K + K * N + M * N;
  return memory.withScratch(4 * (floats + K * N), (start) => {
    memory.linear.float32.fill(1, start / 4, start / 4 + floats);
    const [a, b, c, work] = [start, start + 4 * M * K, start + 4 * (M * K + K * N), start + 4 * floats];
    const run = (multiply: WasmFunction, times: number): number => {
      const begin = now();
      for (let i = 0; i < times; i++) multiply(M, N, K, a, 4 * K, 0, b, 4 * N, 0, c, 4 * N, 0, work);
      return now() - begin;
    };
    for (const multiply of [exact, relaxed]) {
      const end = now() + WARM_UP_MS;
      while (now() < end) run(multiply, RUNS);
    }
    const best = [Infinity, Infinity] as [number, number];
    for (let round = 0; round < ROUNDS; round++) {
      best[0] = Math.min(best[0], run(exact, RUNS));
      best[1] = Math.min(best[1], run(relaxed, RUNS));
    }
    return { speedup: best[0] / best[1] };
  });
}
