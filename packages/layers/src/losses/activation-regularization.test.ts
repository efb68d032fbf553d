import { gradientCheck, valueAndGrad } from '@unroll/autograd';
import fc from 'fast-check';
import { Parameter, Rng, type Tensor, tensor, where } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { activationRegularization, temporalActivationRegularization } from '../index.ts';
import type { MaskOptions } from './mask.ts';

type Penalty = (ys: Tensor, options?: MaskOptions) => Tensor;
const penalties: readonly (readonly [string, Penalty])[] = [
  ['activationRegularization', activationRegularization],
  ['temporalActivationRegularization', temporalActivationRegularization],
];
const masks = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });

/** The mean over live steps, or pairs of steps, by the book. */
function byTheBook(name: string, ys: Tensor, live: readonly boolean[]): number {
  const [, time, features] = ys.shape as [number, number, number];
  const y = ys.dataSync();
  let [sum, count] = [0, 0];
  for (let i = 0; i < live.length; i++) {
    const isTemporal = name.startsWith('temporal');
    if (!live[i] || (isTemporal && (i % time === 0 || !live[i - 1]))) continue;
    for (let k = 0; k < features; k++) {
      const before = isTemporal ? y[(i - 1) * features + k]! : 0;
      sum += (y[i * features + k]! - before) ** 2;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

it.each(penalties)(
  '%s is its equation over live steps, with right gradients, whatever stands in the padding',
  (name, penalty) => {
    fc.assert(
      fc.property(fc.nat(), masks, (seed, live) => {
        const ys = new Rng(seed).normal([2, 4, 3], { dtype: 'float64' });
        const mask = tensor(live.map(Number)).reshape([2, 4]);
        expect(penalty(ys).item()).toBeCloseTo(byTheBook(name, ys, Array<boolean>(8).fill(true)), 12);
        expect(penalty(ys, { mask }).item()).toBeCloseTo(byTheBook(name, ys, live), 12);
        const p = new Parameter(ys.detach());
        expect(gradientCheck(() => penalty(p.value, { mask }), [p])).toBeLessThan(1e-6);
        const dirty = where(mask.expandDims(-1), ys, NaN);
        const { value, grads } = valueAndGrad(() => penalty(dirty, { mask }), [dirty]);
        expect(value.item()).toBe(penalty(ys, { mask }).item());
        expect(grads[0].dataSync().every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 20 },
    );
  },
);

it('a sequence of one step does not change, and shapes that do not fit are refused', () => {
  expect(temporalActivationRegularization(tensor([[[3, 4]]])).item()).toBe(0);
  expect(() => temporalActivationRegularization(tensor([[3, 4]]))).toThrow('ys is [1, 2]');
  const mask = tensor([[1]]);
  expect(() => temporalActivationRegularization(tensor([[[3], [4]]]), { mask })).toThrow(
    'the mask [1, 1] does not fit [1, 2, 1]',
  );
});
