import type { WasmFunction } from './engine.ts';
import type { Memory } from './memory/memory.ts';

/** The product that is timed: like a recurrent one. */
const [M, K, N] = [48, 128, 128];
/** Engines first run code that they have not optimised, and compile the rest beside: each side gets so much time for it. */
export const WARM_UP_MS = 25;
const ROUNDS = 5;
const RUNS = 8;

/** How many times as fast the second `multiply.float32` is as the first: on the same data, in turn, each at its best. */
export function compareSpeed(
  memory: Memory,
  first: WasmFunction,
  second: WasmFunction,
  warmUp: number,
  now: () => number = () => performance.now(),
): number {
  const floats = M * K + K * N + M * N;
  return memory.withScratch(4 * (floats + K * N), (start) => {
    memory.linear.float32.fill(1, start / 4, start / 4 + floats);
    const [a, b, c, work] = [start, start + 4 * M * K, start + 4 * (M * K + K * N), start + 4 * floats];
    const run = (multiply: WasmFunction): number => {
      const begin = now();
      for (let i = 0; i < RUNS; i++) multiply(M, N, K, a, 4 * K, 0, b, 4 * N, 0, c, 4 * N, 0, work);
      return now() - begin;
    };
    for (const multiply of [first, second]) {
      const end = now() + warmUp;
      while (now() < end) run(multiply);
    }
    let [best, bestOfSecond] = [Infinity, Infinity];
    for (let round = 0; round < ROUNDS; round++) {
      best = Math.min(best, run(first));
      bestOfSecond = Math.min(bestOfSecond, run(second));
    }
    return best / bestOfSecond;
  });
}
