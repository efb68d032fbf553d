import { valueAndGrad } from '@unroll/autograd';
import type { Backend } from '@unroll/backend';
import type { RecurrentCell } from '@unroll/cells';
import { expectSame, traced } from '@unroll/cells/testing';
import { Parameter, Rng, type Tensor, concat, tensor, tensorsOf, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { gpujs } from '../backend.ts';

const SIZE = 4;

type Leaves = Readonly<Record<string, Tensor>>;
/** x, the state a, b, c, d and a constant of each example. */
type Step = (x: Tensor, state: { readonly [name in 'a' | 'b' | 'c' | 'd']: Tensor }, k: Tensor) => [Tensor, Leaves];

const steps: Readonly<Record<string, Step>> = {
  'two values that become the same': (x, { a, b, c, d }) => {
    const h = a.add(x).tanh();
    return [h.add(b).mul(d), { a: h, b: h, c: b, d: c }];
  },
  'values that become the input': (x, { a, b, d }) => [x.mul(b).add(a).sub(d), { a: x, b: x, c: a, d: x.mul(2) }],
  'values handed around in a circle': (x, { a, b, c, d }) => [x.add(b).sub(c).add(d), { a: b, b: c, c: a, d: a }],
  'values carried unchanged': (x, { a, b, c, d }) => [x.mul(a).tanh(), { a, b, c, d }],
  'a value that becomes a constant': (x, { a, b, d }, k) => [x.mul(b).add(a), { a: k, b: k.mul(2), c: d, d: k }],
  'an output that is a constant': (x, { a, b, c, d }, k) => [k, { a: b.mul(k).tanh(), b: a.add(x), c, d }],
  'a sum in a part of what is summed': (x, { a, b, c, d }) => {
    const half = a.sum([1], { keepDims: true }).broadcastTo([a.shape[0]!, 2]);
    const joined = concat([half, x.slice(1, 0, 2)], 1);
    const y = a.mul(joined).sum([1], { keepDims: true }).add(x).tanh();
    return [y, { a: y, b, c, d }];
  },
  'a maximum between zeros in a maximum': (x, { a, b, c, d }) => {
    const inner = a.max([1], { keepDims: true }).broadcastTo([a.shape[0]!, 2]).pad(1, 1, 1);
    const y = a.mul(inner).max([1], { keepDims: true }).add(x).tanh();
    return [y, { a: y, b, c, d }];
  },
  'numbers that are written with an exponent': (x, { a, b, c, d }) => {
    const y = a.mul(1e22).add(x.mul(3e9)).div(1e22).add(x.mul(1e-7)).sub(2.5e-8).maximum(-1e21).tanh();
    return [y, { a: y, b: b.mul(1e-9).add(x).mul(1e-7).mul(1e8).tanh(), c, d }];
  },
};

function numbersOf(tensors: readonly Tensor[]): readonly (readonly number[])[] {
  return tensors.map((each) => [...each.dataSync()]);
}

function cellOf(step: (x: Tensor, state: Leaves) => readonly [Tensor, Leaves], size: number): RecurrentCell<Leaves> {
  return { inputSize: size, outputSize: size, initialState: () => ({}), step };
}

function normal(seed: number, ...shape: readonly number[]): Tensor {
  return new Rng(seed).normal(shape);
}

/** Outputs, final state, loss and all gradients. */
function results(
  step: Step,
  { batch, time, masked }: { batch: number; time: number; masked: boolean },
): readonly Tensor[] {
  const xs = new Parameter(normal(1, batch, time, SIZE));
  const k = new Parameter(normal(2, batch, SIZE));
  const [a, b, c, d] = [3, 4, 5, 6].map((seed) => new Parameter(normal(seed, batch, SIZE))) as [
    Parameter,
    Parameter,
    Parameter,
    Parameter,
  ];
  const mask = masked ? new Rng(7).bernoulli([batch, time], 0.5) : undefined;
  const run = (): readonly Tensor[] => {
    const cell = cellOf((x, state) => step(x, state as Parameters<Step>[1], k.value), SIZE);
    const state = { a: a.value, b: b.value, c: c.value, d: d.value };
    const [ys, final] = traced(cell, xs.value, state, mask);
    return [ys, ...tensorsOf(final)];
  };
  const loss = (): Tensor =>
    run()
      .map((each, i) => each.mul(normal(10 + i, ...each.shape)).sum())
      .reduce((sum, each) => sum.add(each));
  const { value, grads } = valueAndGrad(loss, [xs, k, a, b, c, d]);
  return [...run(), value, ...grads];
}

describe.each(['cpu', 'webasm'] as const)('compiled loops on %s', async (mode) => {
  const backend = await gpujs({ mode });
  const refused: string[] = [];
  const compiling: Backend = {
    ...backend,
    compileLoop: (program) => {
      const loop = backend.compileLoop!(program);
      if (typeof loop === 'object') refused.push(loop.reason);
      return loop;
    },
  };
  const reference: Backend = { ...backend, compileLoop: () => ({ reason: 'it is the reference' }) };
  const expectEqual = (make: () => readonly Tensor[]): void => {
    const [actual, expected] = [compiling, reference].map((on) => withBackend(on, () => numbersOf(make())));
    expectSame(actual!, expected!, 1e-5);
    expect(refused).toEqual([]);
  };

  describe.each(Object.entries(steps))('are what the primitives give, with %s', (_, step) => {
    it.each([
      { batch: 1, time: 1, masked: false },
      { batch: 1, time: 9, masked: true },
      { batch: 2, time: 1, masked: true },
      { batch: 2, time: 5, masked: false },
    ])('%j', (sizes) => expectEqual(() => results(step, sizes)));
  });

  it('refuse a sum of integers that float32 would round', () => {
    const cell = cellOf((x, { n }) => [x, { n: n!.sum([1], { keepDims: true }).broadcastTo([1, 3]) }], SIZE);
    for (const on of [compiling, reference]) {
      withBackend(on, () => {
        const n = tensor([[2 ** 24, 1, 1]], { dtype: 'int32' });
        const [, final] = traced(cell, normal(1, 1, 1, SIZE), { n }, undefined);
        expect(() => final['n']!.dataSync()).toThrow(/int32/);
      });
    }
  });

  it('mark what float32 would round as ops do, where floats become integers and integers floats', () => {
    const cell = cellOf(
      (x, { f, n }) => [x, { f: n!.cast('float32'), n: f!.cast('int32').add(n!.mul(0)), m: f!.cast('int32') }],
      SIZE,
    );
    const read = (tensors: readonly (Tensor | undefined)[]): readonly (readonly number[] | string)[] =>
      tensors.map((each) => {
        try {
          return [...each!.dataSync()];
        } catch (error) {
          return String(error);
        }
      });
    const [actual, expected] = [compiling, reference].map((on) =>
      withBackend(on, () =>
        [
          [1.5, -1.5, -0.5],
          [2 ** 24, 1, -(2 ** 24)],
          [2 ** 24 + 2, 1, 1],
          [1, -1e30, 1],
          [1, Infinity, 1],
          [1, NaN, 1],
        ].map((numbers) => {
          const n = tensor([[5, 6, 7]], { dtype: 'int32' });
          const state = { f: tensor([numbers]), n, m: n };
          const [, once] = traced(cell, normal(1, 1, 1, SIZE), state, undefined);
          const [, again] = traced(cell, normal(1, 1, 2, SIZE), state, undefined);
          return read([once['m'], once['n'], again['m'], again['f'], again['n']]);
        }),
      ),
    );
    expect(actual).toEqual(expected);
    expect(refused).toEqual([]);
    expect(actual![0]![0]).toEqual([1, -1, 0]);
    for (const [each] of actual!.slice(2)) expect(each).toMatch(/int32 result is beyond/);
    expect(actual![2]![3]).toEqual([Infinity, 1, 1]);
  });

  it('leave integers that the device does not count to ops, which say so', () => {
    const reasons: string[] = [];
    const on: Backend = {
      ...backend,
      compileLoop: (program) => {
        const loop = backend.compileLoop!(program);
        if (typeof loop === 'object') reasons.push(loop.reason);
        return loop;
      },
    };
    const largest = cellOf((x, { m }) => [x, { n: m!.argmax(1).reshape([1, 1]), m: m!.add(m!) }], SIZE);
    withBackend(on, () => {
      const state = { n: tensor([[0]], { dtype: 'int32' }), m: tensor([[2 ** 23 + 1, 5]], { dtype: 'int32' }) };
      const [, final] = traced(largest, normal(1, 1, 2, SIZE), state, undefined);
      expect(() => final['n']!.dataSync()).toThrow(/int32 result is beyond/);
    });
    expect(reasons).toEqual([expect.stringContaining('the largest of integers')]);
  });

  it.each([
    ['its steps as examples', [5, 1, SIZE]],
    ['each of its steps as two', [1, 10, SIZE / 2]],
  ])('take what another loop left in another shape: %s', (_, shape) => {
    expectEqual(() => {
      const accumulating = cellOf((x, { a }) => [a!.add(x).tanh(), { a: a!.add(x).tanh() }], SIZE);
      const [ys] = traced(accumulating, normal(1, 1, 5, SIZE), { a: normal(2, 1, SIZE) }, undefined);
      const [batch, , size] = shape as [number, number, number];
      const next = cellOf((x, { a }) => [a!.mul(x).tanh(), { a: a!.mul(x).tanh() }], size);
      const [zs, final] = traced(next, ys.reshape(shape), { a: normal(3, batch, size) }, undefined);
      return [ys, zs, ...tensorsOf(final)];
    });
  });
});
