import { type Differentiable, valueAndGrad } from '@unroll/autograd';
import { type Buffer, fusedNames, inferFusedSignatures, sizeOf } from '@unroll/backend';
import { crossEntropy, crossEntropyPerToken, layerNorm } from '@unroll/layers';
import { type Backend, type DType, Rng, type Tensor, logSoftmax, softmax, tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WasmBackend } from './backend.ts';
import { wasm } from './wasm.ts';

const fused = await wasm({ relaxedSimd: false });
const plain = without(fused);

/** The same backend, on which whole ops run as their definitions. */
function without(backend: WasmBackend): Backend {
  const entries = Object.entries(backend).filter(([name]) => name !== 'fused');
  return Object.fromEntries(entries) as Omit<WasmBackend, 'fused'>;
}

/** Draws a tensor on a backend: the same numbers on each. */
type Draw = (shape: readonly number[], options?: { readonly integersBelow?: number }) => Tensor;

/** The value of `make`, its gradients, and the gradients of their squares. */
function everything(
  backend: Backend,
  { seed, dtype }: { readonly seed: number; readonly dtype: DType },
  make: (draw: Draw) => { readonly by: readonly Tensor[]; readonly value: () => Tensor },
): readonly number[] {
  const rng = new Rng(seed);
  const draw: Draw = (shape, { integersBelow } = {}) => {
    const numbers = rng.normal(shape, { dtype: 'float64' }).dataSync();
    if (integersBelow === undefined) return tensor(numbers, { shape, dtype, backend });
    const integers = Int32Array.from(numbers, (x) => Math.floor(Math.abs(x) * 1e6) % integersBelow);
    return tensor(integers, { shape, backend });
  };
  const { by, value } = make(draw);
  // A cotangent that differs from element to element.
  const weights = draw(value().shape);
  const loss = (): Tensor => value().mul(weights).sum();
  const first = valueAndGrad(loss, by);
  const second = valueAndGrad(() => squares(valueAndGrad(loss, by).grads), by satisfies readonly Differentiable[]);
  return [value(), ...first.grads, ...second.grads].flatMap((each) => [...each.dataSync()]);
}

function squares(grads: readonly Tensor[]): Tensor {
  return grads.map((grad) => grad.square().sum()).reduce((a, b) => a.add(b));
}

const cases: Readonly<Record<string, Parameters<typeof everything>[2]>> = {
  softmax: (draw) => {
    const x = draw([3, 7]);
    return { by: [x], value: () => softmax(x) };
  },
  'softmax with a mask and a row that is masked throughout': (draw) => {
    const x = draw([3, 2, 5]);
    const mask = tensor([[[1, 0, 1, 1, 0]], [[0, 0, 0, 0, 0]], [[1, 1, 1, 1, 1]]], { backend: x.backend });
    return { by: [x], value: () => softmax(x, { mask }) };
  },
  'softmax along another axis': (draw) => {
    const x = draw([3, 4]);
    return { by: [x], value: () => softmax(x, { axis: 0 }) };
  },
  logSoftmax: (draw) => {
    const x = draw([4, 9]);
    return { by: [x], value: () => logSoftmax(x) };
  },
  crossEntropy: (draw) => {
    const [x, targets] = [draw([3, 2, 11]), draw([3, 2], { integersBelow: 11 })];
    return { by: [x], value: () => crossEntropy(x, targets) };
  },
  'crossEntropy with a mask and targets that are left out': (draw) => {
    const [x, targets] = [draw([5, 6]), draw([5], { integersBelow: 6 })];
    const mask = tensor([1, 0, 1, 1, 0], { backend: x.backend });
    return { by: [x], value: () => crossEntropyPerToken(x, targets, { mask, ignoreIndex: 2 }) };
  },
  'crossEntropy with smoothing': (draw) => {
    const [x, targets] = [draw([3, 5]), draw([3], { integersBelow: 5 })];
    return { by: [x], value: () => crossEntropy(x, targets, { labelSmoothing: 0.1 }) };
  },
  layerNorm: (draw) => {
    const [x, weight, bias] = [draw([2, 3, 9]), draw([9]), draw([9])];
    return { by: [x, weight, bias], value: () => layerNorm(x, [9], { weight, bias, epsilon: 0.1 }) };
  },
  'layerNorm without a scale': (draw) => {
    const x = draw([2, 9]);
    return { by: [x], value: () => layerNorm(x, [9]) };
  },
};

describe.each(['float64', 'float32'] as const)('a kernel for a whole op equals its definition in %s', (dtype) => {
  const digits = dtype === 'float64' ? 10 : 3;

  it.each(Object.entries(cases))('%s, first and second derivatives', (_name, make) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const [got, expected] = [fused, plain].map((backend) => everything(backend, { seed, dtype }, make));
        expect(got!.length).toBe(expected!.length);
        for (const [i, x] of expected!.entries()) expect(got![i]! - x).toBeCloseTo(0, digits);
      }),
      { numRuns: 20 },
    );
  });
});

it('there is a kernel for every whole op', () => {
  expect(Object.keys(fused.fused!).toSorted()).toEqual([...fusedNames].toSorted());
});

it.each([1, 2, 3])('Adam of all parameters gives the bits of Adam of each, in %i parts', async (threads) => {
  const backend = await wasm({ threads, relaxedSimd: false, onFallback: () => {} });
  const rng = new Rng(1);
  const attrs = { beta1: 0.9, beta2: 0.999, rate: 0.01, epsilon: 1e-8, weightDecay: 0.1, shrink: 0.99 };
  const each = [[3], [300, 100], [0], [], [70, 9]].map((shape) =>
    [1, 2, 3, 4].map(() =>
      backend.upload(
        Float32Array.from({ length: sizeOf(shape) }, () => rng.next()),
        { shape, dtype: 'float32' },
      ),
    ),
  );
  const run = (op: 'adam' | 'adamOfAll', inputs: readonly Buffer[]): readonly (readonly number[])[] =>
    backend.fused![op]!(inputs, attrs, inferFusedSignatures(op, inputs, attrs)).map((out) => [
      ...backend.downloadSync(out),
    ]);
  expect(run('adamOfAll', each.flat())).toEqual(each.flatMap((inputs) => run('adam', inputs)));
  backend.dispose();
});

it.each([2, 3])(
  'the derivative of layerNorm and the sum of squares have the same bits in %i parts',
  async (threads) => {
    const shapes = [[300, 101], [101], [300, 1], [300, 1], [300, 101]];
    const results = async (parts: number): Promise<readonly (readonly number[])[]> => {
      const backend = await wasm({ threads: parts, relaxedSimd: false, onFallback: () => {} });
      const rng = new Rng(1);
      const inputs = shapes.map((shape) => {
        const data = Float32Array.from({ length: sizeOf(shape) }, () => rng.next() + 0.5);
        return backend.upload(data, { shape, dtype: 'float32' });
      });
      const outputs = (['layerNormGradient', 'sumOfSquares'] as const).flatMap((op) =>
        backend.fused![op]!(inputs, {}, inferFusedSignatures(op, inputs, {})).map((out) => [
          ...backend.downloadSync(out),
        ]),
      );
      backend.dispose();
      return outputs;
    };
    expect(await results(threads)).toEqual(await results(1));
  },
);

it('the loss reads nothing back, and still names a target that is out of range', () => {
  const entries = Object.entries(fused).filter(([name]) => name !== 'downloadSync');
  const silent = Object.fromEntries(entries) as Omit<WasmBackend, 'downloadSync'>;
  const logits = tensor(
    [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    { backend: silent },
  );
  const targets = (second: number): Tensor => tensor(Int32Array.of(0, second), { shape: [1, 2], backend: silent });
  const loss = crossEntropy(logits, targets(-100));
  expect(fused.downloadSync(loss.buffer)[0]).toBeCloseTo(Math.log(1 + Math.E + Math.E ** 2), 6);
  expect(() => crossEntropy(logits, targets(3))).toThrow('the target at [0, 1] is 3, but there are 3 classes');
});

it('a target that is out of range is named in a derivative of a derivative too', () => {
  const logits = tensor([[1, 2, 3]], { backend: fused });
  const slope = (loss: typeof crossEntropy, target: number) => (): Tensor =>
    valueAndGrad(() => loss(logits, tensor(Int32Array.of(target), { backend: fused })).sum(), [logits]).grads[0].sum();
  for (const loss of [crossEntropy, crossEntropyPerToken]) {
    expect(() => valueAndGrad(slope(loss, 3), [logits])).toThrow('the target at [0] is 3, but there are 3 classes');
    expect(() => valueAndGrad(slope(loss, -100), [logits])).not.toThrow();
  }
});

it('a position that is left out touches nothing, even with NaN in its logits and in the cotangent of its loss', () => {
  const logits = tensor(
    [
      [NaN, 1, 2],
      [3, 4, 5],
    ],
    { backend: fused },
  );
  const targets = tensor(Int32Array.of(-100, 1), { backend: fused });
  const cotangent = tensor([NaN, 2], { backend: fused });
  const grad = valueAndGrad(() => {
    const losses = crossEntropyPerToken(logits, targets);
    return losses.mul(cotangent).sum();
  }, [logits]).grads[0];
  expect([...grad.slice(0, 0, 1).dataSync()]).toEqual([0, 0, 0]);
});

it('steps with whole ops leave memory as it was', () => {
  const rng = new Rng(1);
  const [x, weight, bias] = [[6, 9], [9], [9]].map((shape) =>
    tensor(rng.normal(shape).dataSync(), { shape, backend: fused }),
  );
  const targets = tensor(Int32Array.of(0, 1, 2, 3, -100, 8), { backend: fused });
  const bad = targets.add(1);
  const step = (): void => {
    const { value, grads } = valueAndGrad(() => {
      const y = layerNorm(x!, [9], { weight: weight!, bias: bias! });
      return crossEntropy(softmax(y).add(logSoftmax(y)), targets);
    }, [x!, weight!, bias!]);
    for (const each of [value, ...grads]) each.dispose();
  };
  step();
  const before = fused.memory();
  for (let i = 0; i < 20; i++) step();
  expect(() => crossEntropy(x!, bad)).toThrow('there are 9 classes');
  expect(fused.memory().liveBytes).toBe(before.liveBytes);
});
