import { valueAndGrad } from '@unroll/autograd';
import type { Backend, DType } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { GruCell, type RecurrentCell, scan } from '@unroll/cells';
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

  const expectExact = (make: () => RecurrentCell): void => {
    const [values, gradients] = run(backend, 'float32', make);
    const [exactValues, exactGradients] = run(cpu(), 'float64', make);
    expectNear(values!, exactValues!, 1e-5);
    expectNear(gradients!, exactGradients!, 1e-4);
  };
  const sizes = { inputSize: SIZE, hiddenSize: SIZE };

  describe(`on gpujs ${mode} it is what it is in float64:`, () => {
    // oxlint-disable-next-line vitest/expect-expect -- the comparison holds the assertions
    it.each(Object.entries(everyCell))('%s', (_, make) => expectExact(() => make({ ...sizes, rng: new Rng(1) })));

    // Wrappers are made of the same ops as cells: once is enough.
    // oxlint-disable-next-line vitest/expect-expect -- the comparison holds the assertions
    it.each(mode === 'cpu' ? Object.entries(everyWrapper) : [])('a GRU in %s', (_, wrap) => {
      expectExact(() => wrap(new GruCell({ ...sizes, rng: new Rng(1) }), new Rng(2)));
    });
  });
}
