import { gradientCheck, valueAndGrad } from '@unroll/autograd';
import fc from 'fast-check';
import { Parameter, Rng, type Tensor, tensor, where } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { binaryCrossEntropyFromLogits, meanSquaredError, smoothL1 } from '../index.ts';
import type { MaskOptions } from './mask.ts';

const float64 = { dtype: 'float64' } as const;

type Loss = (x: Tensor, y: Tensor, options?: MaskOptions) => Tensor;
const losses: readonly (readonly [string, Loss])[] = [
  ['meanSquaredError', meanSquaredError],
  ['smoothL1', (x, y, options) => smoothL1(x, y, { beta: 0.7, ...options })],
  ['smoothL1 with beta 0', (x, y, options) => smoothL1(x, y, { beta: 0, ...options })],
  ['binaryCrossEntropyFromLogits', (x, y, options) => binaryCrossEntropyFromLogits(x, y.sigmoid(), options)],
  [
    'binaryCrossEntropyFromLogits with a weight',
    (x, y, options) => binaryCrossEntropyFromLogits(x, y.sigmoid(), { positiveWeight: 3, ...options }),
  ],
];

const masks = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });

describe.each(losses)('%s', (_, loss) => {
  it('has right gradients for prediction and target, with and without a mask', () => {
    fc.assert(
      fc.property(fc.nat(), masks, fc.boolean(), (seed, live, perElement) => {
        const rng = new Rng(seed);
        // Differences are odd multiples of ¼, away from every corner.
        const halves = (): Float64Array => Float64Array.from({ length: 12 }, () => (rng.integer(13) - 6) / 2);
        const x = new Parameter(tensor(halves(), { shape: [2, 3, 2] }));
        const y = new Parameter(tensor(halves(), { shape: [2, 3, 2] }).add(0.25));
        const shape = perElement ? [2, 3, 2] : [2, 3];
        const mask = tensor(
          live.flatMap((on) => (perElement ? [Number(on), 1] : [Number(on)])),
          { shape },
        );
        expect(gradientCheck(() => loss(x.value, y.value), [x, y])).toBeLessThan(1e-6);
        expect(gradientCheck(() => loss(x.value, y.value, { mask }), [x, y])).toBeLessThan(1e-6);
      }),
      { numRuns: 15 },
    );
  });

  it('with a mask equals the loss of the live positions alone; NaN elsewhere does no harm', () => {
    fc.assert(
      fc.property(fc.nat(), masks, (seed, live) => {
        const rng = new Rng(seed);
        const [x, y] = [rng.normal([6, 2], float64), rng.normal([6, 2], float64)];
        const mask = tensor(live.map(Number));
        const kept = tensor(
          live.flatMap((on, i) => (on ? [i] : [])),
          { dtype: 'int32' },
        );
        const column = mask.expandDims(-1);
        const [dirtyX, dirtyY] = [where(column, x, NaN), where(column, y, NaN)];
        const { value, grads } = valueAndGrad(() => loss(dirtyX, dirtyY, { mask }), [dirtyX]);
        const expected = live.includes(true) ? loss(x.gather(kept), y.gather(kept)).item() : 0;
        expect(value.item()).toBeCloseTo(expected, 12);
        for (const [i, g] of grads[0].dataSync().entries()) {
          if (live[Math.floor(i / 2)]) expect(g).not.toBeNaN();
          else expect(g).toBe(0);
        }
      }),
    );
  });

  it('refuses shapes that would broadcast', () => {
    const [x, y] = [tensor([[1], [2]]), tensor([1, 2])];
    expect(() => loss(x, y)).toThrow('the prediction [2, 1] and the target [2] must have one shape');
    expect(() => loss(x, x, { mask: tensor([1, 1, 1]) })).toThrow('the mask [3] does not fit [2, 1]');
  });
});

describe('binaryCrossEntropyFromLogits', () => {
  it('is finite and right for logits of any size in float32', () => {
    const x = tensor([1e30, -1e30, 100, -100]);
    const zero = { right: tensor([1, 0, 1, 0]), wrong: tensor([0, 1, 0, 1]) };
    expect(binaryCrossEntropyFromLogits(x, zero.right).item()).toBe(0);
    const { value, grads } = valueAndGrad(() => binaryCrossEntropyFromLogits(x, zero.wrong), [x]);
    expect(value.item() / 5e29).toBeCloseTo(1, 6);
    expect([...grads[0].dataSync()]).toEqual([0.25, -0.25, 0.25, -0.25]);
  });

  it('weights the positive part', () => {
    const [x, y] = [tensor([0.3, -0.2], float64), tensor([1, 0], float64)];
    const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
    const expected = (-5 * Math.log(sigmoid(0.3)) - Math.log(1 - sigmoid(-0.2))) / 2;
    expect(binaryCrossEntropyFromLogits(x, y, { positiveWeight: 5 }).item()).toBeCloseTo(expected, 12);
    const weights = tensor([5, 1], float64);
    expect(binaryCrossEntropyFromLogits(x, y, { positiveWeight: weights }).item()).toBeCloseTo(expected, 12);
  });
});

describe('smoothL1', () => {
  it('is a parabola inside beta and a line outside, with one slope where they meet', () => {
    const x = new Parameter(tensor([0.5, 2, -5, 0], float64));
    const zero = tensor([0, 0, 0, 0], float64);
    const { value, grads } = valueAndGrad(() => smoothL1(x.value, zero, { beta: 2 }), [x]);
    expect(value.item()).toBeCloseTo((0.25 / 4 + 1 + 4 + 0) / 4, 12);
    expect([...grads[0].dataSync()]).toEqual([0.0625, 0.25, -0.25, 0]);
    expect(() => smoothL1(zero, zero, { beta: -1 })).toThrow('beta is -1');
  });
});
