import { valueAndGrad } from '@unroll/autograd';
import type { Backend } from '@unroll/backend';
import { Parameter, Rng, type Tensor, mapTensors, parametersOf, scope, tensorsOf, withBackend } from '@unroll/tensor';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { RecurrentCell, State } from '../cell.ts';
import { scan } from '../scan/scan.ts';
import { RandomCell, type Sizes } from './random-cell.ts';

export interface Problem extends Sizes {
  readonly choices: readonly number[];
  readonly time: number;
  readonly masked: boolean;
  /** Which of the gradients: all, if it is a multiple of 3. */
  readonly wanted: number;
}

export const problem: fc.Arbitrary<Problem> = fc.record({
  choices: fc.array(fc.nat(1 << 20), { minLength: 40, maxLength: 40 }),
  batch: fc.constantFrom(1, 2, 5, 6, 8),
  inputSize: fc.constantFrom(1, 3, 4),
  hidden: fc.constantFrom(1, 3, 4, 7, 8, 17),
  time: fc.constantFrom(3, 4, 13),
  masked: fc.boolean(),
  wanted: fc.nat(),
});

/** Whether the primitives sum as compiled products do; with few rows or one column they take another order, which a random cell may amplify. */
export function isInOneOrder({ batch, inputSize, hidden }: Problem): boolean {
  return batch >= 5 && Math.min(inputSize, hidden) > 1;
}

/** How a cell is run along time. */
export type Run = (
  cell: RecurrentCell,
  xs: Tensor,
  state: State,
  mask: Tensor | undefined,
) => readonly [ys: Tensor, final: State];

const byScan: Run = (cell, xs, state, mask) => scan(cell, xs, { state, ...(mask ? { mask } : {}) });

type Numbers = readonly (readonly number[])[];

/** What a run gives, as numbers. */
export interface Solution {
  /** Outputs, final state, loss. */
  readonly values: Numbers;
  /** By xs, the state and the parameters, or some of them. */
  readonly gradients: Numbers;
}

export function solve(
  backend: Backend,
  make: (sizes: Sizes) => RecurrentCell,
  each: Problem,
  run: Run = byScan,
): Solution {
  const { batch, inputSize, time, masked, wanted, choices } = each;
  return withBackend(backend, () =>
    scope(() => {
      const cell = make(each);
      const rng = new Rng(choices[0]! + 1);
      const xs = new Parameter(rng.normal([batch, time, inputSize]));
      const leaves = tensorsOf(cell.initialState(batch)).map((leaf) =>
        leaf.dtype === 'int32' ? new Parameter(leaf) : new Parameter(rng.normal(leaf.shape)),
      );
      const mask = masked ? rng.bernoulli([batch, time], 0.6) : undefined;
      const weights = rng.normal([batch, time, cell.outputSize]);
      const results = (): readonly Tensor[] => {
        let i = 0;
        const state = mapTensors(cell.initialState(batch), () => leaves[i++]!.value);
        const [ys, final] = run(cell, xs.value, state, mask);
        return [ys, ...tensorsOf(final)];
      };
      const all = [xs, ...leaves, ...(cell instanceof RandomCell ? cell.parameters : parametersOf(cell))];
      const floats = all.filter((one) => one.value.dtype !== 'int32');
      const parameters = floats.filter((_, i) => wanted % 3 === 0 || (wanted >> i) & 1);
      const { value, grads } = valueAndGrad(() => {
        const [ys, ...final] = results();
        return final.reduce((sum, leaf) => sum.add(leaf.cast('float32').square().sum()), ys!.mul(weights).sum());
      }, parameters);
      const numbers = (list: readonly Tensor[]): Numbers => list.map((result) => [...result.dataSync()]);
      return { values: numbers([...results(), value]), gradients: numbers(grads) };
    }),
  );
}

/** The same numbers, up to rounding, which grows with the largest number that went into a sum. Tolerance 0: the same bits. */
export function expectSame(actual: Numbers, expected: Numbers, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, result] of actual.entries()) {
    const scale = expected[i]!.reduce((most, want) => Math.max(most, Math.abs(want)), 1);
    for (const [j, value] of result.entries()) {
      const want = expected[i]![j]!;
      if (Object.is(value, want) || Math.abs(value - want) <= tolerance * scale) continue;
      expect.fail(`result ${i}, element ${j}: ${value} instead of ${want}`);
    }
  }
}

/** Outputs, final states and gradients. */
export function expectSameSolution(actual: Solution, expected: Solution, tolerance: number): void {
  expectSame([...actual.values, ...actual.gradients], [...expected.values, ...expected.gradients], tolerance);
}
