import { gradientCheck, valueAndGrad } from '@unroll/autograd';
import fc from 'fast-check';
import { type Backend, Parameter, Rng, getBackend, tensor, where } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { crossEntropy, crossEntropyPerToken, crossEntropySum } from './cross-entropy.ts';

const float64 = { dtype: 'float64' } as const;
const int32 = { dtype: 'int32' } as const;

/** Random arguments: logits [...leading, classes], targets and mask [...leading], weights [classes]. */
const problems = fc
  .record({
    seed: fc.nat(),
    leading: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    classes: fc.integer({ min: 1, max: 5 }),
    labelSmoothing: fc.constantFrom(0, 0.1, 1),
    weighted: fc.boolean(),
    masked: fc.boolean(),
    ignoring: fc.boolean(),
  })
  .map(({ seed, leading, classes, labelSmoothing, weighted, masked, ignoring }) => {
    const rng = new Rng(seed);
    const length = leading.reduce((a, b) => a * b, 1);
    const logits = rng.normal([...leading, classes], { std: 3, ...float64 });
    const draw = (): number => (ignoring && rng.next() < 0.3 ? -100 : rng.integer(classes));
    const targets = tensor(Int32Array.from({ length }, draw), { shape: leading });
    const mask = masked ? rng.bernoulli(leading, 0.6) : undefined;
    const classWeights = weighted ? rng.uniform([classes], { low: 0.1, high: 2, ...float64 }) : undefined;
    return { logits, targets, options: { classWeights, labelSmoothing, mask } };
  });

describe('cross entropy', () => {
  it('has right gradients in all its forms', () => {
    fc.assert(
      fc.property(problems, ({ logits, targets, options }) => {
        const x = new Parameter(logits);
        for (const loss of [crossEntropy, crossEntropySum]) {
          expect(gradientCheck(() => loss(x.value, targets, options), [x])).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('equals its equation at every position', () => {
    fc.assert(
      fc.property(problems, ({ logits, targets, options: { classWeights, labelSmoothing, mask } }) => {
        const classes = logits.shape.at(-1)!;
        const losses = crossEntropyPerToken(logits, targets, { classWeights, labelSmoothing, mask });
        expect(losses.shape).toEqual(targets.shape);
        const [x, t, live, w] = [logits, targets, mask, classWeights].map((each) => each?.dataSync());
        let [sum, total] = [0, 0];
        for (const [i, loss] of losses.dataSync().entries()) {
          const target = t![i]!;
          const row = [...x!.subarray(i * classes, (i + 1) * classes)];
          const norm = Math.log(row.reduce((all, z) => all + Math.exp(z), 0));
          const nll = row.map((z, c) => (w?.[c] ?? 1) * (norm - z));
          const even = nll.reduce((all, each) => all + each, 0) / classes;
          const isLive = target !== -100 && live?.[i] !== 0;
          const expected = isLive ? (1 - labelSmoothing) * nll[target]! + labelSmoothing * even : 0;
          expect(loss).toBeCloseTo(expected, 10);
          sum += expected;
          if (isLive) total += w?.[target] ?? 1;
        }
        const options = { classWeights, labelSmoothing, mask };
        expect(crossEntropySum(logits, targets, options).item()).toBeCloseTo(sum, 9);
        expect(crossEntropy(logits, targets, options).item()).toBeCloseTo(total === 0 ? 0 : sum / total, 10);
      }),
    );
  });

  it('is not touched by what is left out, even NaN', () => {
    fc.assert(
      fc.property(problems, ({ logits, targets, options }) => {
        const mask = options.mask ?? targets.equal(-100).equal(0);
        const live = mask.cast('float64').mul(targets.equal(-100).equal(0).cast('float64')).expandDims(-1);
        const dirty = where(live, logits, NaN);
        const clean = valueAndGrad(() => crossEntropy(logits, targets, { ...options, mask }), [logits]);
        const same = valueAndGrad(() => crossEntropy(dirty, targets, { ...options, mask }), [dirty]);
        expect(same.value.item()).toBe(clean.value.item());
        expect(same.grads[0].dataSync()).toEqual(clean.grads[0].dataSync());
      }),
    );
  });

  it('gives the same bits whether it looks for positions to leave out or not', () => {
    const backend: Backend = getBackend();
    const asynchronous: Backend = { ...backend };
    delete asynchronous.downloadSync;
    const rng = new Rng(3);
    const data = rng.normal([4, 3]).dataSync();
    const grads = [backend, asynchronous].map((on) => {
      const logits = tensor(data, { shape: [4, 3], backend: on });
      const targets = tensor([0, 2, 1, 1], { ...int32, backend: on });
      const gradient = valueAndGrad(() => crossEntropy(logits, targets), [logits]).grads[0];
      return backend.downloadSync!(gradient.buffer);
    });
    expect(grads[1]).toEqual(grads[0]);
  });

  it('of two nearly equal logits is log 2', () => {
    const loss = crossEntropy(tensor([[-1.2366e-4, 1.724e-4]]), tensor([0], int32));
    expect(loss.item()).toBeCloseTo(0.6933, 4);
  });

  it('is exact for large logits in float32, and takes −∞ for a class that cannot be', () => {
    const logits = tensor([
      [10000, 10001, -Infinity],
      [-1e30, 1e30, 0],
    ]);
    const targets = tensor([0, 1], int32);
    const { grads } = valueAndGrad(() => crossEntropySum(logits, targets), [logits]);
    const [first, second] = crossEntropyPerToken(logits, targets).dataSync();
    expect(first).toBeCloseTo(Math.log(1 + Math.E), 6);
    expect(second).toBe(0);
    for (const [i, g] of [-0.7310586, 0.7310586, 0, 0, 0, 0].entries())
      expect(grads[0].dataSync()[i]).toBeCloseTo(g, 6);
  });

  it('is 0 with a gradient of 0 where nothing is live', () => {
    const logits = tensor([[1, NaN]]);
    const { value, grads } = valueAndGrad(() => crossEntropy(logits, tensor([-100], int32)), [logits]);
    expect(value.item()).toBe(0);
    expect([...grads[0].dataSync()]).toEqual([0, 0]);
    expect(crossEntropy(tensor([], { shape: [0, 3] }), tensor([], { shape: [0], ...int32 })).item()).toBe(0);
  });

  it('names the position and the value of a bad target', () => {
    const logits = tensor(new Float32Array(12), { shape: [2, 2, 3] });
    const of = (values: readonly (readonly number[])[]) => tensor(values, int32);
    expect(() =>
      crossEntropy(
        logits,
        of([
          [0, 1],
          [2, 3],
        ]),
      ),
    ).toThrow('the target at [1, 1] is 3, but there are 3 classes');
    expect(() =>
      crossEntropy(
        logits,
        of([
          [0, -1],
          [2, 2],
        ]),
      ),
    ).toThrow('the target at [0, 1] is -1');
    expect(
      crossEntropy(
        logits,
        of([
          [0, -1],
          [2, 2],
        ]),
        { ignoreIndex: -1 },
      ).item(),
    ).toBeCloseTo(Math.log(3), 6);
    const mask = tensor([
      [1, 0],
      [1, 1],
    ]);
    expect(
      crossEntropy(
        logits,
        of([
          [0, 99],
          [2, 2],
        ]),
        { mask },
      ).item(),
    ).toBeCloseTo(Math.log(3), 6);
  });

  it('says what does not fit', () => {
    const logits = tensor([[1, 2]]);
    const targets = tensor([0], int32);
    expect(() => crossEntropy(logits, tensor([0]))).toThrow('int32, got float32');
    expect(() => crossEntropy(logits, tensor([[0]], int32))).toThrow('logits [1, 2] do not fit targets [1, 1]');
    expect(() => crossEntropy(logits, targets, { mask: tensor([[1]]) })).toThrow('the mask [1, 1] and the targets [1]');
    expect(() => crossEntropy(logits, targets, { classWeights: tensor([1]) })).toThrow(
      'class weights [1] for 2 classes',
    );
    expect(() => crossEntropy(logits, targets, { labelSmoothing: 2 })).toThrow('labelSmoothing is 2');
  });
});
