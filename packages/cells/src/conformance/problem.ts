import { type ValueAndGrads, valueAndGrad } from '@unroll/autograd';
import {
  Parameter,
  Rng,
  type Tensor,
  castParameters,
  concat,
  mapTensors,
  namedParameters,
  tensor,
  tensorsOf,
} from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';

/** A cell in float64 with random inputs, a random initial state, and weights that make a loss of all that it returns. */
export interface Problem {
  readonly cell: RecurrentCell;
  /** [batch, time, inputSize] */
  readonly xs: Parameter;
  /** The initial state, each leaf a parameter. */
  readonly state: readonly Parameter[];
  /** Everything that a gradient is taken by: the cell's parameters, xs, the state. */
  readonly parameters: readonly Parameter[];
  readonly names: readonly string[];
}

export interface Sizes {
  readonly batch: number;
  readonly time: number;
  readonly seed: number;
}

/** What a run over a sequence returned. */
export type Run = readonly [ys: Tensor, final: State];

const double = { dtype: 'float64' } as const;

export function makeProblem(make: () => RecurrentCell, { batch, time, seed }: Sizes): Problem {
  const rng = new Rng(seed);
  const cell = castParameters(make(), 'float64');
  const xs = new Parameter(rng.normal([batch, time, cell.inputSize], double));
  const state = tensorsOf(cell.initialState(batch)).map(
    (leaf) => new Parameter(leaf.cast('float64').add(rng.normal(leaf.shape, { std: 0.5, ...double }))),
  );
  const named = namedParameters(cell);
  return {
    cell,
    xs,
    state,
    parameters: [...named.map(([, parameter]) => parameter), xs, ...state],
    names: [...named.map(([name]) => name), 'xs', ...state.map((_, i) => `state leaf ${i}`)],
  };
}

/** The problem's initial state in the cell's own structure; rows picks examples of the batch. */
export function stateOf({ cell, state, xs }: Problem, row?: number): State {
  const batch = xs.value.shape[0]!;
  let i = 0;
  return mapTensors(cell.initialState(batch), () => {
    const leaf = state[i++]!.value;
    return row === undefined ? leaf : leaf.slice(0, row, 1);
  });
}

/** One number that depends on every output and every leaf of the final state, each element with a weight of its own. */
export function lossOf([ys, final]: Run): Tensor {
  return [ys, ...tensorsOf(final)]
    .map((value, i) => value.mul(new Rng(i + 1).uniform(value.shape, { low: -1, high: 1, dtype: value.dtype })).sum())
    .reduce((a, b) => a.add(b));
}

/** Loss and gradients of a run. */
export function gradientsOf(problem: Problem, run: () => Run): ValueAndGrads {
  return valueAndGrad(() => lossOf(run()), problem.parameters);
}

/** Puts the runs of single examples back into one batch. */
export function joinRuns(runs: readonly Run[], structure: State): Run {
  const leaves = runs.map(([, final]) => tensorsOf(final));
  let i = 0;
  const final = mapTensors(structure, () => {
    const leaf = concat(
      leaves.map((list) => list[i]!),
      0,
    );
    i++;
    return leaf;
  });
  return [
    concat(
      runs.map(([ys]) => ys),
      0,
    ),
    final,
  ];
}

/** A [batch, time] mask of the given lengths. */
export function lengthsMask(lengths: readonly number[], time: number): Tensor {
  return tensor(lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))));
}
