import { valueAndGrad } from '@unroll/autograd';
import type { Backend, DType } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { type RecurrentCell, scan } from '@unroll/cells';
import { everyCell, everyWrapper } from '@unroll/cells/conformance';
import {
  Parameter,
  Rng,
  type Tensor,
  castParameters,
  parametersOf,
  tensor,
  tensorsOf,
  withBackend,
} from '@unroll/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { gpujs } from './backend.ts';

const [BATCH, TIME, SIZE] = [3, 6, 5];

/** Outputs and final state, then gradients, of a cell with padding and with noise. */
function run(backend: Backend, dtype: DType, make: () => RecurrentCell): readonly (readonly number[])[][] {
  return withBackend(backend, () => {
    const cell = castParameters(make(), dtype);
    const xs = new Parameter(new Rng(3).normal([BATCH, TIME, cell.inputSize]).cast(dtype));
    const mask = tensor([TIME, 4, 1].map((length) => Array.from({ length: TIME }, (_, t) => (t < length ? 1 : 0))));
    const results: number[][] = [];
    const loss = (): Tensor => {
      const [ys, final] = scan(cell, xs.value, { mask: mask.cast(dtype), rng: new Rng(4) });
      const leaves = [ys, ...tensorsOf(final)];
      results.push(...leaves.map((leaf) => [...leaf.dataSync()]));
      return leaves
        .map((leaf, i) => leaf.mul(new Rng(i + 5).uniform(leaf.shape, { low: -1, high: 1 }).cast(dtype)).sum())
        .reduce((a, b) => a.add(b));
    };
    const { value, grads } = valueAndGrad(loss, [...parametersOf(cell), xs]);
    return [results, [value, ...grads].map((each) => [...each.dataSync()])];
  });
}

function expectNear(
  actual: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  bound: number,
): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, numbers] of actual.entries()) {
    const scale = Math.max(1, ...expected[i]!.map(Math.abs));
    const worst = Math.max(0, ...numbers.map((x, j) => Math.abs(x - expected[i]![j]!)));
    expect(worst / scale, `result ${i}`).toBeLessThan(bound);
  }
}

for (const mode of ['cpu', 'webasm'] as const) {
  const backend = await gpujs({ mode });
  afterAll(() => backend.dispose());

  describe.each(Object.entries(everyCell))(`on gpujs ${mode}, %s is what it is in float64`, (_, make) => {
    const square = (): RecurrentCell => make({ inputSize: SIZE, hiddenSize: SIZE, rng: new Rng(1) });
    // What wrappers are made of runs in one mode; the other shows that its kernels are the same.
    const wrappers = mode === 'cpu' ? Object.entries(everyWrapper) : [];

    it.each([['bare', (cell: RecurrentCell) => cell] as const, ...wrappers])('%s', (__, wrap) => {
      const wrapped = (): RecurrentCell => wrap(square(), new Rng(2));
      const [values, gradients] = run(backend, 'float32', wrapped);
      const [exactValues, exactGradients] = run(cpu(), 'float64', wrapped);
      expectNear(values!, exactValues!, 1e-5);
      expectNear(gradients!, exactGradients!, 1e-4);
    });
  });
}
