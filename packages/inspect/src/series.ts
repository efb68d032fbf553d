import { type Shape, UnrollError } from '@unroll/backend';
import { type Tensor, keep, scope, stack } from '@unroll/tensor';
import type { Matrix } from './draw/matrix.ts';
import { backwardCells, isBelow } from './watch/owners.ts';
import type { Watched } from './watch/watched-run.ts';

/** A value over time, on the host. */
export interface ProbeSeries {
  /** [batch, time, …]: mostly [batch, time, units]; for attention [batch, time, source]. */
  readonly shape: Shape;
  /** Row-major; NaN where the mask is 0. */
  readonly data: Float32Array | Float64Array;
}

/** Series by name: the path of the cell in the model, and the name that the cell gives the value: `layers.0.cell.f`. */
export type SeriesByName = ReadonlyMap<string, ProbeSeries>;

/** What was watched as stacked tensors [batch, time, …], in reading order, that live until they are disposed. */
export function stacked(model: object, watched: Watched): ReadonlyMap<string, Tensor> {
  const backward = backwardCells(model);
  return new Map(
    [...watched].map(([name, values]) => {
      const inOrder = backward.some((path) => isBelow(name, path)) ? values.toReversed() : values;
      return [name, scope(() => keep(stack(inOrder, 1)))];
    }),
  );
}

/** Reads stacked tensors, and frees them. */
export async function readSeries(
  tensors: ReadonlyMap<string, Tensor>,
  mask: Tensor | undefined,
): Promise<SeriesByName> {
  const live = await mask?.data();
  const reads = Array.from(tensors, async ([name, value]) => {
    const data = await value.data();
    const [batch, time] = value.shape as [number, number];
    value.dispose();
    const floats = data instanceof Int32Array ? Float64Array.from(data) : data;
    // A decoder's time is not that of the mask; then nothing is left out.
    if (live && live.length === batch * time) blank(floats, live);
    return [name, { shape: value.shape, data: floats }] as const;
  });
  return new Map(await Promise.all(reads));
}

function blank(data: Float32Array | Float64Array, live: ArrayLike<number>): void {
  const size = data.length / live.length;
  for (let i = 0; i < live.length; i++) if (live[i] === 0) data.fill(NaN, i * size, (i + 1) * size);
}

/**
 * One example of a series as a picture of units over time: a row per unit, a column per step. For attention it is a row per source position, a
 * column per target position.
 * @throws UnrollError INDEX_OUT_OF_RANGE if there is no such example
 */
export function unitsOverTime({ shape, data }: ProbeSeries, example = 0): Matrix {
  const [batch, time, ...rest] = shape as [number, number, ...number[]];
  if (!Number.isInteger(example) || example < 0 || example >= batch) {
    throw new UnrollError(
      'INDEX_OUT_OF_RANGE',
      `unitsOverTime: there is no example ${example}; the batch has ${batch}.`,
    );
  }
  const units = rest.reduce((product, length) => product * length, 1);
  const values = new Float64Array(units * time);
  for (let t = 0; t < time; t++) {
    for (let unit = 0; unit < units; unit++) values[unit * time + t] = data[(example * time + t) * units + unit]!;
  }
  return { rows: units, columns: time, data: values };
}
