import { type Tensor, arange, tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { predict } from './index.ts';

describe('predict', () => {
  it('gives the rows of all items in their order, whatever the batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -9, max: 9 })),
        fc.integer({ min: 1, max: 7 }),
        async (items, batch) => {
          const sizes: number[] = [];
          const forward = (some: readonly number[]): Tensor => {
            sizes.push(some.length);
            return tensor(some.map((x) => [x, x * x]));
          };
          expect([...(await predict(items, { batch, forward }))]).toEqual(items.flatMap((x) => [x, x * x]));
          expect(sizes.every((size) => size <= batch)).toBe(true);
          expect(sizes.length).toBe(Math.ceil(items.length / batch));
        },
      ),
    );
  });

  it('keeps the dtype, and frees all that it made', async () => {
    const made: Tensor[] = [];
    const classes = await predict([3, 1, 2], {
      batch: 2,
      forward(some) {
        const scores = tensor(some.map((x) => [0, x, 2]));
        made.push(scores, scores.argmax(1));
        return made.at(-1)!;
      },
    });
    expect(classes).toEqual(Int32Array.of(1, 2, 1));
    expect(made.length).toBe(4);
    expect(made.every((one) => one.isDisposed)).toBe(true);
  });

  it('ends between two batches when the signal says so', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const forward = (some: readonly number[]): Tensor => {
      seen.push(...some);
      if (seen.length === 2) controller.abort(new Error('enough'));
      return arange(some.length);
    };
    await expect(predict([1, 2, 3], { batch: 1, forward, signal: controller.signal })).rejects.toThrow('enough');
    expect(seen).toEqual([1, 2]);
  });

  it('refuses rows that do not fit together, and a batch that is no count', async () => {
    const forward = (some: readonly number[]): Tensor => arange(some.length + 1);
    await expect(predict([1, 2], { batch: 2, forward })).rejects.toThrow('2 items gave [3] ');
    await expect(predict([1, 2, 3], { batch: 3, forward: () => tensor(1) })).rejects.toThrow('3 items gave [] ');
    const growing = (some: readonly number[]): Tensor =>
      tensor(some.map(() => Array.from({ length: some[0]! }, () => 1)));
    await expect(predict([1, 2], { batch: 1, forward: growing })).rejects.toThrow('1 items gave [1, 2] ');
    await expect(predict([1], { batch: 0, forward })).rejects.toThrow('batch is 0');
  });
});
