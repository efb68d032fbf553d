import { valueAndGrad } from '@unroll/autograd';
import { type RecurrentCell } from '@unroll/cells';
import { everyCell } from '@unroll/cells/conformance';
import {
  Parameter,
  Rng,
  type Tensor,
  type TensorTree,
  castParameters,
  mapTensors,
  parametersOf,
  tensorsOf,
  where,
  withParameterValues,
  withProbes,
} from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { type Inputs, type Subject, everyArchitecture, lengthsMask, size } from './every-architecture.ts';

const [batch, time, source] = [3, 4, 5];
const [lengths, sourceLengths] = [
  [4, 1, 3],
  [2, 5, 4],
] as const;
const double = { dtype: 'float64' } as const;

describe.each(Object.entries(everyArchitecture))('%s', (_, make) => {
  it.each(Object.entries(everyCell))(
    'of %s: derivatives, traced as step by step, a padded batch as its sequences alone',
    (__, makeCell) => {
      const rng = new Rng(1);
      const cell = (inputSize: number, hiddenSize: number): RecurrentCell => makeCell({ inputSize, hiddenSize, rng });
      const subject = castParameters(make(cell), 'float64');
      const given = castParameters(subject.model, 'float64');
      const xs = new Parameter(rng.normal([batch, time, size], double));
      const keys = new Parameter(rng.normal([batch, source, size], double));
      const masks = { mask: lengthsMask(lengths, time), sourceMask: lengthsMask(sourceLengths, source) };
      const run = (): TensorTree => subject.run({ xs: xs.value, source: keys.value, ...masks });
      const parameters = [...parametersOf(given), xs, keys];
      const loss = (): Tensor => lossOf(run());

      const { grads } = valueAndGrad(loss, parameters);
      expectDerivative(loss, parameters, grads);
      const slow = valueAndGrad(() => withProbes(() => {}, loss), parameters);
      for (const [i, grad] of grads.entries()) expectNear(grad, slow.grads[i]!, 1e-9);
      expectAlone(subject, { xs: xs.value, source: keys.value, ...masks });
    },
  );
});

/** The derivative along random directions of all parameters at once equals central differences. */
function expectDerivative(loss: () => Tensor, parameters: readonly Parameter[], grads: readonly Tensor[]): void {
  for (const seed of [1, 2]) {
    const rng = new Rng(seed);
    const directions = parameters.map(({ value }) => rng.normal(value.shape, double));
    const at = (step: number): number => {
      const moved = new Map(
        parameters.map((parameter, i) => [parameter, parameter.value.add(directions[i]!.mul(step))] as const),
      );
      return withParameterValues(moved, () => loss().item());
    };
    const step = 1e-6;
    const numeric = (at(step) - at(-step)) / (2 * step);
    const exact = grads.reduce((sum, grad, i) => sum + grad.mul(directions[i]!).sum().item(), 0);
    expect(Math.abs(numeric - exact) / Math.max(1, Math.abs(exact))).toBeLessThan(1e-6);
  }
}

/** What stands in the padding does not matter, and each sequence gives alone what it gives in the batch. */
function expectAlone(subject: Subject, { xs, source: keys, mask, sourceMask }: Inputs): void {
  const spoilt = (values: Tensor, live: Tensor): Tensor => where(live.expandDims(2), values, NaN);
  const together = tensorsOf(
    subject.run({ xs: spoilt(xs, mask!), source: spoilt(keys, sourceMask!), mask, sourceMask }),
  );
  for (const [i, length] of lengths.entries()) {
    const alone = subject.run({
      xs: xs.slice(0, i, 1).slice(1, 0, length),
      source: keys.slice(0, i, 1).slice(1, 0, sourceLengths[i]!),
      mask: undefined,
      sourceMask: undefined,
    });
    for (const [j, leaf] of tensorsOf(alone).entries()) {
      const expected = together[j]!.slice(0, i, 1);
      const padded = leaf.shape.reduce(
        (x, length, axis) => (axis === 0 ? x : x.pad(axis, 0, expected.shape[axis]! - length)),
        leaf,
      );
      expectNear(expected, padded, 1e-9);
    }
  }
}

/** One number that depends on every element of every leaf. */
function lossOf(tree: TensorTree): Tensor {
  let i = 0;
  const parts: Tensor[] = [];
  mapTensors(tree, (leaf) => {
    if (leaf.dtype !== 'int32')
      parts.push(leaf.mul(new Rng(++i).uniform(leaf.shape, { low: -1, high: 1, ...double })).sum());
    return leaf;
  });
  return parts.reduce((a, b) => a.add(b));
}

function expectNear(actual: Tensor, expected: Tensor, tolerance: number): void {
  expect(actual.shape).toEqual(expected.shape);
  const error = actual.sub(expected).abs().max().item() / Math.max(1, expected.abs().max().item());
  expect(error).toBeLessThan(tolerance);
}
