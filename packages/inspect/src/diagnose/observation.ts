import { Tape } from '@unroll/autograd';
import {
  type Tensor,
  type TensorTree,
  Rng,
  concat,
  namedParameters,
  ones,
  readingParameters,
  scope,
  withRecorder,
} from '@unroll/tensor';
import { normsOf } from '../gradient-through-time.ts';
import { type SeriesByName, readSeries, stacked } from '../series.ts';
import { ownersOf } from '../watch/owners.ts';
import { type Watched, watchedRun } from '../watch/watched-run.ts';
import type { Patient } from './patient.ts';

/** What one run of the loss and its derivative show. */
export interface Observation {
  readonly loss: number;
  /** Whether the loss gave a state to carry. */
  readonly carries: boolean;
  readonly series: SeriesByName;
  /** By name, the largest |∂L/∂p|. */
  readonly gradients: ReadonlyMap<string, number>;
  /** The names of the parameters that were looked at. */
  readonly read: ReadonlySet<string>;
  /** By cell, the norm of ∂(v·h_T)/∂(state at t), t in the order of reading; v is random. Nothing of the loss is in it. */
  readonly throughTime: ReadonlyMap<string, Float64Array>;
}

/** Runs the loss once, step by step, and walks back. */
export async function observe<Batch, Carry extends TensorTree>(patient: Patient<Batch, Carry>): Promise<Observation> {
  const { model } = patient.options;
  const named = namedParameters(model);
  const tape = new Tape(named.map(([, { value }]) => value));
  // Before the run, as it looks at every parameter itself.
  const owners = ownersOf(model);
  const { loss, carries, series, largest, throughTime, parameters } = scope(() => {
    const { result: run, parameters } = readingParameters(() =>
      watchedRun(owners, () => patient.run(patient.batch), tape),
    );
    const { result, watched } = run;
    const { dtype, backend, shape } = result.loss;
    const cotangents = tape.pullBack(result.loss, ones(shape, { dtype, backend }));
    const largest = named.map(([, { value }]) => (cotangents.get(value) ?? value.mul(0)).abs().max().reshape([1]));
    return {
      loss: result.loss.detach(),
      carries: result.carry !== undefined,
      series: stacked(model, watched),
      largest: concat(largest, 0),
      throughTime: throughTimeOf(tape, watched),
      parameters,
    };
  });
  const gradients = await read(largest);
  const norms = Array.from(throughTime, async ([cell, parts]) => {
    const squares = await Promise.all(parts.map(read));
    return [cell, squares[0]!.map((_, t) => Math.sqrt(Math.max(...squares.map((part) => part[t]!))))] as const;
  });
  return {
    loss: (await read(loss))[0]!,
    carries,
    series: await readSeries(series, patient.mask),
    gradients: new Map(named.map(([name], i) => [name, gradients[i]!])),
    read: new Set(named.flatMap(([name, parameter]) => (parameters.has(parameter) ? [name] : []))),
    throughTime: new Map(await Promise.all(norms)),
  };
}

/** By cell, the squared norms for each part of its state. */
function throughTimeOf(tape: Tape, watched: Watched): ReadonlyMap<string, readonly Tensor[]> {
  const found = new Map<string, readonly Tensor[]>();
  for (const [name, values] of watched) {
    const output = values.at(-1)!;
    if ((name !== 'h' && !name.endsWith('.h')) || !tape.isTracked(output)) continue;
    const cell = name.slice(0, -1);
    const states = new Map([...watched].filter(([other]) => other === name || other === `${cell}c`));
    const direction = new Rng(1).normal(output.shape, { dtype: output.dtype, backend: output.backend });
    const value = withRecorder(tape, () => output.mul(direction).sum());
    found.set(cell.replace(/\.$/, ''), [...normsOf(tape, value, states).values()]);
  }
  return found;
}

async function read(tensor: Tensor): Promise<Float64Array> {
  const data = Float64Array.from(await tensor.data());
  tensor.dispose();
  return data;
}
