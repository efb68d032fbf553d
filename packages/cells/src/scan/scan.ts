import { UnrollError, formatShape, isFloat, sameShape } from '@unroll/backend';
import { type Rng, type Tensor, checkRng, getBackend, isTracing, mapTensors, scope, where } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { checkCell } from '../check-cell.ts';
import { checkSameState } from '../state.ts';
import { announceStepByStep } from './announce.ts';
import { drawnRun } from './drawn-run.ts';
import { prefixIfFaster } from './parallel-prefix.ts';
import { stepByStep } from './step-by-step.ts';
import { Untraceable } from './trace-backend.ts';
import { traceRun } from './traced.ts';
import { isKnownUntraceable, rememberUntraceable } from './untraceable-cells.ts';
import { whyStepByStep } from './why-step-by-step.ts';

/** How a sequence is run. */
export interface ScanOptions<S extends State> {
  /** The state before the first step. Default: the cell's initial state. */
  readonly state?: S | undefined;
  /** [batch, time]: 1 live, 0 padding, anywhere. A masked step keeps the state and outputs 0. */
  readonly mask?: Tensor | undefined;
  /** Given while training: cells that drop out or zone out draw their noise from it. */
  readonly rng?: Rng | undefined;
}

/**
 * Runs a cell along time. `xs` is [batch, time, inputSize]; gives `ys` [batch, time, outputSize] and the state after the last
 * live step of each sequence. A padded batch gives what its sequences give alone, and a sequence gives what its chunks give when
 * the state is carried from one to the next.
 *
 * Where that is possible and pays, `step` is called on symbols, once (the first time once more, as it must do the same each
 * time): what does not depend on the state then runs once for all steps;
 * if the next state is linear in the state, element by element, so does the rest, as a parallel prefix scan.
 * `explainScan` shows it, and a cell that can't be run so is named once on the console, with the reason. All that the run makes
 * besides its results is freed.
 * @throws UnrollError SHAPE_MISMATCH naming what does not fit, in the input or in what the cell's `step` returned; INVALID_ARGUMENT for what is
 * no cell or no tensor
 */
export function scan<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  { state, mask, rng }: ScanOptions<S> = {},
): readonly [ys: Tensor, final: S] {
  checkInput(cell, xs, mask);
  if (rng !== undefined) checkRng('scan', rng);
  return scope(() => {
    // Indices in xs say nothing about the precision of the state.
    const initial = mapTensors(cell.initialState(xs.shape[0]!), (leaf) =>
      leaf.dtype === xs.dtype || !isFloat(leaf.dtype) || !isFloat(xs.dtype) ? leaf : leaf.cast(xs.dtype),
    );
    if (state !== undefined) checkSameState('scan', state, initial);
    // A masked step's cotangents are 0, but 0 · NaN is NaN: what stands in the padding must not reach the products.
    const clean = mask ? where(mask.expandDims(2), xs, 0) : xs;
    const drawn = rng ? drawnRun({ cell, xs: clean }, rng) : { cell, xs: clean };
    return run(drawn.cell, drawn.xs, state ?? initial, mask);
  });
}

/** On the highest level that gives the same; `explainScan` tells which and why. */
function run<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
): readonly [ys: Tensor, final: S] {
  if (whyStepByStep(xs.shape[1]!, xs.backend) === undefined && !isKnownUntraceable(cell, xs)) {
    try {
      return scope(() => {
        const traced = traceRun(cell, xs, initial, mask);
        return prefixIfFaster(cell, xs, initial, mask, traced) ?? traced.run();
      });
    } catch (error) {
      if (!(error instanceof Untraceable)) throw error;
      // Inside of another traced step, that is the reason, and not the cell.
      if (!isTracing(getBackend())) {
        rememberUntraceable(cell, xs);
        announceStepByStep(cell, error.message);
      }
    }
  }
  return stepByStep(cell, xs, initial, mask);
}

function checkInput(cell: RecurrentCell, xs: Tensor, mask: Tensor | undefined): void {
  checkCell('scan', cell);
  for (const [name, given] of Object.entries<unknown>({ xs, ...(mask && { mask }) })) {
    if (typeof given === 'object' && given !== null && 'rank' in given) continue;
    const isList = Array.isArray(given) || ArrayBuffer.isView(given);
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `scan: ${name} is ${isList ? 'an array' : `${String(given)}, no tensor`}. Make a tensor of it: tensor(${name}).`,
    );
  }
  if (xs.rank !== 3 || xs.shape[2] !== cell.inputSize) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `scan: xs is ${formatShape(xs.shape)}; the cell wants [batch, time, ${cell.inputSize}].` +
        (xs.rank === 2 ? ' For one sequence use xs.expandDims(0), for one step cell.step.' : ''),
    );
  }
  if (mask && !sameShape(mask.shape, xs.shape.slice(0, 2))) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `scan: the mask is ${formatShape(mask.shape)}; for xs ${formatShape(xs.shape)} it must be ${formatShape(xs.shape.slice(0, 2))}.`,
    );
  }
}
