import { Tape } from '@unroll/autograd';
import { UnrollError, checkGiven } from '@unroll/backend';
import { type Tensor, concat, ones, parametersOf, scope } from '@unroll/tensor';
import { backwardCells, isBelow, ownersOf } from './watch/owners.ts';
import { type Watched, watchedRun } from './watch/watched-run.ts';

export interface GradientThroughTimeOptions {
  /** Whose cells are looked into: the names are paths in it. */
  readonly model: object;
  /** One number that depends on the states: `() => crossEntropy(…)`, or what the last step gives, to see how far back it reaches. */
  readonly loss: () => Tensor;
  /** Which values, by name: `(name) => name.endsWith('h')`. Default: all that cells name by `probe`. */
  readonly of?: (name: string) => boolean;
}

/** ‖∂L/∂v_t‖ by t, in reading order, by the name of v: `cell.h`, `cell.c`. */
export type GradientNorms = ReadonlyMap<string, Float64Array>;

/**
 * How much the loss depends on what a model has in mind at each step: the norm ‖∂L/∂h_t‖ over the batch and all units, for the states and gates that
 * its cells name by `probe`. If it falls by a factor per step towards the past, gradients vanish, and if it grows, they explode
 * (Hochreiter 1991; Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013).
 * @throws UnrollError SHAPE_MISMATCH unless the loss is one number
 */
export async function gradientThroughTime({
  model,
  loss,
  of = () => true,
}: GradientThroughTimeOptions): Promise<GradientNorms> {
  checkGiven('gradientThroughTime', { model, loss });
  const backward = backwardCells(model);
  const norms = scope(() => {
    const tape = new Tape(parametersOf(model).map(({ value }) => value));
    const { result, watched } = watchedRun(ownersOf(model), loss, tape);
    if (result.size !== 1) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `gradientThroughTime: the loss is ${result.toString()}; it must be one number. Reduce it: .mean() or .sum().`,
      );
    }
    const chosen = new Map([...watched].filter(([name]) => of(name)));
    return normsOf(tape, result, chosen);
  });
  const read = Array.from(norms, async ([name, norm]) => {
    const data = Float64Array.from(await norm.data(), Math.sqrt);
    norm.dispose();
    return [name, backward.some((path) => isBelow(name, path)) ? data.toReversed() : data] as const;
  });
  return new Map(await Promise.all(read));
}

/** The squared norms of ∂value/∂v for each v that was watched, in the order in which they were made: [steps] by name. */
export function normsOf(tape: Tape, value: Tensor, watched: Watched): ReadonlyMap<string, Tensor> {
  const { dtype, backend, shape } = value;
  const between = new Set([...watched.values()].flat());
  const cotangents = tape.pullBack(value, ones(shape, { dtype, backend }), between);
  return new Map(
    [...watched].map(([name, values]) => {
      const squares = values.map((v) => (cotangents.get(v)?.square().sum() ?? v.mul(0).sum()).reshape([1]));
      return [name, concat(squares, 0)];
    }),
  );
}
