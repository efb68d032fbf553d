import fc from 'fast-check';
import { type Backend, Rng, type Tensor, UnrollError, getBackend, tensor } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { clipByGlobalNorm, clipByGlobalNormOnDevice, clipByValue } from './clip.ts';

const float64 = { dtype: 'float64' } as const;
const elements = (grads: readonly Tensor[]): readonly number[] => grads.flatMap((grad) => [...grad.dataSync()]);
const norms: Readonly<Record<string, (x: readonly number[]) => number>> = {
  '1': (x) => x.reduce((sum, element) => sum + Math.abs(element), 0),
  '2': (x) => Math.hypot(...x),
  Infinity: (x) => Math.max(0, ...x.map(Math.abs)),
};

it('scales all gradients alike, to the limit at most, and leaves what is within it', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(1, 2, Infinity),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      (seed, normType, maxNorm) => {
        const rng = new Rng(seed);
        const given = [[2, 3], [4], [0, 5], []].map((shape) => rng.normal(shape, float64));
        const { grads, norm } = clipByGlobalNorm(given, maxNorm, { normType });
        const of = norms[normType]!;
        expect(norm).toBeCloseTo(of(elements(given)), 10);
        expect(of(elements(grads))).toBeLessThanOrEqual(maxNorm * (1 + 1e-12));
        if (norm <= maxNorm - 1e-6) {
          expect(grads).toBe(given);
        } else {
          const factor = maxNorm / (norm + 1e-6);
          for (const [i, x] of elements(given).entries()) expect(elements(grads)[i]).toBeCloseTo(x * factor, 10);
        }
      },
    ),
  );
});

it('reads the device once', () => {
  const backend: Backend = getBackend();
  let reads = 0;
  const counting: Backend = {
    ...backend,
    downloadSync: (buffer) => {
      reads++;
      return backend.downloadSync!(buffer);
    },
  };
  const grads = [tensor([1, 2], { backend: counting }), tensor([[3], [4]], { backend: counting })];
  for (const normType of [1, 2, Infinity]) {
    reads = 0;
    clipByGlobalNorm(grads, 1, { normType });
    expect(reads).toBe(1);
  }
});

it('refuses gradients that are not finite, and says which', () => {
  const grads = [tensor([1]), tensor([2, NaN]), tensor([-Infinity])];
  expect(() => clipByGlobalNorm(grads, 1)).toThrow(UnrollError);
  expect(() => clipByGlobalNorm(grads, 1, { names: ['a', 'cell.weight_hh', 'c'] })).toThrow(
    'gradient 1 (cell.weight_hh) has NaN',
  );
  expect(() => clipByGlobalNorm(grads.toReversed(), 1, { normType: 1 })).toThrow('gradient 0 has an infinity');
  expect(() => clipByGlobalNorm(grads, 1, { normType: Infinity })).toThrow('gradient 1 has NaN');
});

it('clips finite gradients whose squares overflow', () => {
  const { grads, norm } = clipByGlobalNorm([tensor([3e30]), tensor([-4e30])], 5);
  expect(norm / 5e30).toBeCloseTo(1, 6);
  expect(elements(grads)[0]).toBeCloseTo(3, 5);
  expect(elements(grads)[1]).toBeCloseTo(-4, 5);
});

it('cuts every element to the limit', () => {
  expect(elements(clipByValue([tensor([-3, 0.5, 7]), tensor([Infinity, NaN])], 2))).toEqual([-2, 0.5, 2, 2, NaN]);
});

it('takes no gradients, and refuses limits that make no sense', () => {
  expect(clipByGlobalNorm([], 1)).toEqual({ grads: [], norm: 0 });
  expect(() => clipByGlobalNorm([], 0)).toThrow('maxNorm is 0');
  expect(() => clipByGlobalNorm([], 1, { normType: 3 })).toThrow('Give 1, 2 or Infinity');
  expect(() => clipByValue([], NaN)).toThrow('limit is NaN');
});

it('clips on the device as it does with numbers read back, and reads nothing', () => {
  const silent: Backend = Object.fromEntries(
    Object.entries(getBackend()).filter(([name]) => name !== 'downloadSync'),
  ) as Omit<Backend, 'downloadSync'>;
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0.01, max: 100, noNaN: true }), (seed, maxNorm) => {
      const rng = new Rng(seed);
      const given = [[2, 3], [4], [0, 5], []].map((shape) => rng.normal(shape, float64));
      const onSilent = given.map((x) => tensor(x.dataSync(), { shape: x.shape, backend: silent }));
      const expected = clipByGlobalNorm(given, maxNorm);
      const { grads, norm } = clipByGlobalNormOnDevice(onSilent, maxNorm);
      expect(getBackend().downloadSync!(norm.buffer)[0]).toBeCloseTo(expected.norm, 10);
      for (const [i, grad] of grads.entries()) {
        const got = getBackend().downloadSync!(grad.buffer);
        for (const [j, x] of expected.grads[i]!.dataSync().entries()) expect(got[j]).toBeCloseTo(x, 10);
      }
    }),
  );
  expect(() => clipByGlobalNormOnDevice([], 1)).toThrow('there are no gradients');
  expect(() => clipByGlobalNormOnDevice([tensor([1])], 0)).toThrow('maxNorm is 0');
});
