import { type Backend, type LoopPhase, type LoopProgram, UnrollError, isFloat } from '@unroll/backend';
import {
  type DType,
  type Tensor,
  type Vjp,
  isTracing,
  mapTensors,
  namedParameters,
  scope,
  withProbes,
  zeros,
} from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { checkCell } from '../check-cell.ts';
import { leavesByPath } from '../state.ts';
import { type Written, writeEquations } from './equations.ts';
import { delayedLeaves } from './delayed.ts';
import { linearLeaves } from './linear-form.ts';
import { prefixLeaves, startsSlowly } from './parallel-prefix.ts';
import { policyFor } from './phases.ts';
import { planScan } from './plan.ts';
import { Untraceable, valueOf } from './trace-backend.ts';
import { type TracedStep, delayStep, traceStep } from './trace-step.ts';
import { DNEXT, DY, type Value } from './value.ts';
import { whyStepByStep } from './why-step-by-step.ts';

/** The run to report on. */
export interface ScanReportOptions {
  readonly batch: number;
  /** Steps. Default 100. */
  readonly time?: number;
  /** Whether there is a mask. Default false. */
  readonly masked?: boolean;
  /** Of the input. Default: that of the parameters, or float32; int32 for a cell that takes nothing else, as it reads tokens. */
  readonly dtype?: DType;
  /** The derivatives of the primitives (`vjp` of `@unroll/autograd`): reports the walk back as well, by all parameters. */
  readonly vjp?: Vjp;
}

/** A loop over time, and what was moved out of it. */
export interface LoopReport {
  /** Matrix products that each step takes. */
  readonly products: number;
  /** Other ops that each step takes. */
  readonly otherOps: number;
  /** Whether the backend makes code for the steps. */
  readonly compiled: boolean;
  /** How many kernels that makes for a step at most, where the device runs them one by one: series that another loop left may save some. */
  readonly kernels?: number;
  /** Why not, where the backend compiles other loops. */
  readonly reason?: string;
  /** Each phase as equations. Values have the names that the cell gives them by `probe`. */
  readonly equations: Readonly<Record<LoopPhase, readonly string[]>>;
}

/** Of the run forwards. */
export interface ForwardsReport extends LoopReport {
  /** What is kept of each step for the walk back; empty without a `vjp`. */
  readonly kept: readonly string[];
}

/** Of the walk back, and the gradients that come of it. */
export interface BackwardsReport extends LoopReport {
  /** `dweight = …`, for each parameter. */
  readonly gradients: readonly string[];
}

/** How `scan` runs a cell. */
export interface ScanReport {
  /** Whether `step` is called once, on symbols, for the whole run. */
  readonly traced: boolean;
  /** Why it is called at each step instead. */
  readonly reason?: string;
  /**
   * Whether each element of the state is a linear function of its old value: a long run of a small state can then be a parallel prefix
   * scan, and is one where that is faster (`prefix`).
   */
  readonly linear: boolean;
  /** Whether long runs are one: not where the backend compiles the loop, unless its steps are ops that take long to start, as on a GPU. */
  readonly prefix?: boolean;
  /** Absent for a step that can't be traced. For one that is not, because of the run, what it would be. */
  readonly forwards?: ForwardsReport;
  /** With a `vjp`. */
  readonly backwards?: BackwardsReport;
}

/**
 * How `scan` runs a cell, as data to test: `scanReport(cell, { batch: 32, vjp }).backwards?.compiled`. Says whether `step` is traced and if
 * not, why; which equations stay in the loop, which run once for all steps, before or after it; and what is kept for the derivative.
 * Shapes are all that counts: nothing is run. `explainScan` is its text.
 * @throws UnrollError INVALID_ARGUMENT for a layer; what the cell's `step` throws
 */
export function scanReport<S extends State>(cell: RecurrentCell<S>, options: ScanReportOptions): ScanReport {
  checkCell('scanReport', cell);
  return scope(() => {
    try {
      return reportTraced(cell, options);
    } catch (error) {
      if (!(error instanceof Untraceable)) throw error;
      return { traced: false, reason: error.message, linear: false };
    }
  });
}

function reportTraced<S extends State>(cell: RecurrentCell<S>, options: ScanReportOptions): ScanReport {
  const { time = 100, vjp } = options;
  const parameters = new Map(namedParameters(cell).map(([name, { value }]) => [value, name]));
  const { step, tensors, labels, xs } = traceLabelled(cell, options, [...parameters.keys()][0]?.dtype ?? 'float32');
  const reason = whyStepByStep(time, xs.backend, { differentiated: vjp !== undefined });
  for (const [i, leaf] of step.captured.entries()) labels.set(leaf, parameters.get(tensors[i]!) ?? `captured ${i}`);
  const wanted = {
    x: false,
    states: step.states.map(() => false),
    captured: tensors.map((tensor) => parameters.has(tensor)),
  };
  const label = (value: Value): string | undefined => labels.get(value);
  const plan = planScan(step, vjp && { vjp, wanted }, policyFor(xs), label);
  const written = writeEquations(plan.forward.program);
  const [, ...kept] = plan.forward.program.outputs.series;
  const forwards = {
    ...loopReport(plan.forward.program, written, xs.backend),
    kept: vjp ? kept.map((value) => written.textOf(value)) : [],
  };
  const run = { traced: reason === undefined, ...(reason !== undefined && { reason }) };
  const linear = linearLeaves(step) !== undefined;
  const prefix = prefixLeaves(step) !== undefined && (startsSlowly(xs.backend) || !forwards.compiled);
  const report = { ...run, linear, prefix, forwards };
  if (!vjp) return report;
  const { program, captured } = plan.backward(true);
  const backward = writeEquations(program);
  const loop = loopReport(program, backward, xs.backend);
  const gradients = captured.map(
    (index, i) => `d${label(step.captured[index]!)} = ${backward.textOf(program.outputs.totals[i]!)}`,
  );
  return { ...report, backwards: { ...loop, gradients } };
}

interface Labelled {
  readonly step: TracedStep;
  /** What the captured leaves stand for. */
  readonly tensors: readonly Tensor[];
  readonly labels: Map<Value, string>;
  readonly xs: Tensor;
}

/** The step of a cell on an input of the wanted dtype; where none is, of `usual`, or of int32 if the cell takes only that. */
function traceLabelled<S extends State>(cell: RecurrentCell<S>, options: ScanReportOptions, usual: DType): Labelled {
  try {
    return traceWith(cell, options, options.dtype ?? usual);
  } catch (error) {
    const isDtype = error instanceof UnrollError && error.code === 'DTYPE_MISMATCH';
    if (!isDtype || options.dtype !== undefined) throw error;
    try {
      return traceWith(cell, options, 'int32');
    } catch {
      // The cell is wrong, not the guess.
      throw error;
    }
  }
}

function traceWith<S extends State>(
  cell: RecurrentCell<S>,
  { batch, masked = false }: ScanReportOptions,
  dtype: DType,
): Labelled {
  const xs = zeros([batch, 1, cell.inputSize], { dtype });
  const mask = masked ? zeros([batch, 1], { dtype }) : undefined;
  const initial = mapTensors(cell.initialState(batch), (leaf) =>
    leaf.dtype === dtype || !isFloat(leaf.dtype) || !isFloat(dtype) ? leaf : leaf.cast(dtype),
  );
  const found = new Map<Value, string>();
  const watch = (name: string, tensor: Tensor): void => {
    if (isTracing(tensor.backend)) found.set(valueOf(tensor.buffer), name);
  };
  const { step: first, tensors } = withProbes(watch, () => traceStep(cell, xs, initial, mask));
  const { step, own } = delayStep(first, delayedLeaves(first));
  const labels = new Map(Array.from(found, ([value, name]) => [own(value), name]));
  labelLeaves(step, labels, [...leavesByPath(initial).keys()]);
  return { step, tensors, labels, xs };
}

/** x, mask, `h₋₁` for a part of the old state, dy, `dh` for the cotangent of the new one. */
function labelLeaves(
  { graph, x, mask, states, y }: TracedStep,
  labels: Map<Value, string>,
  paths: readonly string[],
): void {
  labels.set(x, 'x');
  if (mask) labels.set(mask, 'mask');
  labels.set(graph.leaf('dy', y, DY), 'dy');
  for (const [i, state] of states.entries()) {
    const name = paths[i] || 'state';
    labels.set(state, `${name}₋₁`);
    labels.set(graph.leaf(`dnext ${i}`, state, DNEXT), `d${name}`);
  }
}

function loopReport(program: LoopProgram, { linesOf, textOf }: Written, backend: Backend): LoopReport {
  const { phases, carried } = program;
  const products = phases.loop.filter(({ op }) => op === 'matmul').length;
  const compiled = backend.compileLoop?.(program);
  return {
    products,
    otherOps: phases.loop.length - products,
    compiled: typeof compiled === 'function',
    ...(typeof compiled === 'function' && compiled.kernels !== undefined && { kernels: compiled.kernels }),
    ...(typeof compiled === 'object' && { reason: compiled.reason }),
    equations: {
      once: linesOf('once'),
      before: linesOf('before'),
      loop: [...linesOf('loop'), ...carried.map(({ value, next }) => `${textOf(value)} ← ${textOf(next)}`)],
      after: linesOf('after'),
      totals: linesOf('totals'),
    },
  };
}
