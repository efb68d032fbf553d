import { describe, expect, it } from 'vitest';
import { Memory } from '../memory/memory.ts';
import { backendOn, host, input, runFused, sumOfProducts } from './testing/parts.ts';
import { oneThread } from './threads.ts';

const GUARD = 1024;

/** Its scratch is full of NaN at first, and nothing may be written behind it. */
class GuardedMemory extends Memory {
  override withScratch<T>(bytes: number, work: (address: number) => T): T {
    return super.withScratch(bytes + GUARD, (address) => {
      const view = (): Uint8Array => new Uint8Array(this.linear.memory.buffer, address, bytes + GUARD);
      view().fill(0xff, 0, bytes).fill(0xa5, bytes);
      const result = work(address);
      if (view().some((byte, i) => i >= bytes && byte !== 0xa5)) throw new Error(`${bytes} bytes are too few`);
      return result;
    });
  }
}

describe('parts of an op', () => {
  it('keep to their scratch, and read nothing in it that they have not written: products over time', () => {
    const fills = [Math.sin, (i: number): number => (i % 37 === 5 ? 1 + (i % 3) : 0)];
    for (const parts of [2, 3]) {
      const guarded = backendOn(oneThread(parts, 0), new GuardedMemory(host, 2 ** 32));
      const usual = backendOn(oneThread(parts, 0));
      for (const fill of fills) {
        for (const [time, rows, k, n] of [
          [3, 12, 70, 33],
          [2, 12, 700, 21],
          [1, 12, 17, 1700],
        ] as const) {
          for (const transposeB of [false, true]) {
            const [a, b] = [input([time, rows, k], fill), input(transposeB ? [n, k] : [k, n])];
            const [product, expected] = [guarded, usual].map((on) =>
              runFused(on, 'productOverTime', { transposeB }, a, b),
            );
            expect(product).toEqual(expected);
          }
        }
        for (const [time, rows, m, n] of [
          [7, 50, 66, 70],
          [40, 50, 250, 256],
          [1, 1700, 20, 16],
        ] as const) {
          const [a, b] = [input([time, rows, m]), input([time, rows, n], fill)];
          expect(sumOfProducts(guarded, a, b)).toEqual(sumOfProducts(usual, a, b));
        }
      }
    }
  });
});
