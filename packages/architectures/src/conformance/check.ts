import { valueAndGrad } from '@unroll/autograd';
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
import { expect } from 'vitest';
import { type Inputs, type Subject, lengthsMask, size } from './every-architecture.ts';

const double = { dtype: 'float64' } as const;

/**
 * What every architecture must pass in float64: derivatives by everything, also with noise; traced as step by step; and a padded batch gives what
 * its sequences give alone.
 */
export function expectSound(subject: Subject): void {
  const [batch, time, source] = [3, 4, 5];
  const [lengths, sourceLengths] = [
    [4, 1, 3],
    [2, 5, 4],
  ] as const;
  const rng = new Rng(1);
  castParameters(subject.model, 'float64');
  const xs = new Parameter(rng.normal([batch, time, subject.inputSize ?? size], double));
  const keys = new Parameter(rng.normal([batch, source, subject.sourceSize ?? size], double));
  const masks = { mask: lengthsMask(lengths, time), sourceMask: lengthsMask(sourceLengths, source) };
  const parameters = [...parametersOf(subject.model), xs, keys];
  for (const seed of [undefined, 4]) {
    const loss = (): Tensor => {
      const noise = seed === undefined ? {} : { rng: new Rng(seed) };
      return lossOf(subject.run({ xs: xs.value, source: keys.value, ...masks, ...noise }));
    };
    const { grads } = valueAndGrad(loss, parameters);
    expectDerivative(loss, parameters, grads);
    const slow = valueAndGrad(() => withProbes(() => {}, loss), parameters);
    for (const [i, grad] of grads.entries()) expectNear(grad, slow.grads[i]!, 1e-9);
  }
  expectAlone(subject, { xs: xs.value, source: keys.value, ...masks }, lengths, sourceLengths);
}

/**
 * What every architecture must pass in float32 on a backend that compiles loops: loss and gradients are those of the steps one by one to 1e-5. Where
 * they are not, the steps themselves must be away from float64 by a twentieth as much, the rule of the golden numbers: a norm over five features
 * divides by what may be small, and magnifies rounding.
 */
export function expectCompiledAsSteps(subject: Subject): void {
  const [batch, time, source] = [3, 13, 6];
  const rng = new Rng(1);
  const xs = new Parameter(rng.normal([batch, time, subject.inputSize ?? size]));
  const keys = new Parameter(rng.normal([batch, source, subject.sourceSize ?? size]));
  const masks = { mask: lengthsMask([13, 7, 1], time), sourceMask: lengthsMask([2, 6, 5], source) };
  const parameters = [...parametersOf(subject.model), xs, keys];
  const run = (): readonly Tensor[] => {
    const inputs = { xs: xs.value, source: keys.value, ...masks };
    const { value, grads } = valueAndGrad(() => lossOf(subject.run({ ...inputs, rng: new Rng(4) })), parameters);
    return [value, ...grads];
  };
  const fast = run();
  // Whoever is watched by probes goes step by step.
  const slow = withProbes(() => {}, run);
  if (fast.every((value, i) => errorOf(value, slow[i]!) < 1e-5)) return;
  const [compiled, steps] = [fast, slow].map((values) => values.map((value) => value.cast('float64')));
  castParameters(parameters, 'float64');
  const exact = run();
  const rounding = Math.max(...steps!.map((value, i) => errorOf(value, exact[i]!)));
  for (const [i, value] of compiled!.entries()) {
    expect(errorOf(value, exact[i]!), `value ${i}`).toBeLessThan(Math.max(1e-5, 20 * rounding));
  }
}

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
function expectAlone(
  subject: Subject,
  { xs, source: keys, mask, sourceMask }: Inputs,
  lengths: readonly number[],
  sourceLengths: readonly number[],
): void {
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
      parts.push(leaf.mul(new Rng(++i).uniform(leaf.shape, { low: -1, high: 1, dtype: leaf.dtype })).sum());
    return leaf;
  });
  return parts.reduce((a, b) => a.add(b));
}

function expectNear(actual: Tensor, expected: Tensor, tolerance: number): void {
  expect(errorOf(actual, expected)).toBeLessThan(tolerance);
}

/** The largest difference, relative to the largest number where that is above 1. */
function errorOf(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  return actual.sub(expected).abs().max().item() / Math.max(1, expected.abs().max().item());
}
