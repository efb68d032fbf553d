import { type Backend, type LoopPhase, type LoopProgram, isFloat } from '@unroll/backend';
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
import { leavesByPath } from '../state.ts';
import { type Written, writeEquations } from './equations.ts';
import { linearLeaves } from './linear-form.ts';
import { policyFor } from './phases.ts';
import { planScan } from './plan.ts';
import { Untraceable, valueOf } from './trace-backend.ts';
import { type TracedStep, traceStep } from './trace-step.ts';
import { DNEXT, DY, type Value } from './value.ts';
import { whyStepByStep } from './why-step-by-step.ts';

/** The run to explain. */
export interface ExplainScanOptions {
  readonly batch: number;
  /** Steps. Default 100. */
  readonly time?: number;
  /** Whether there is a mask. Default false. */
  readonly masked?: boolean;
  /** Of the input: int32 for a cell that reads tokens. Default: that of the parameters, or float32. */
  readonly dtype?: DType;
  /** The derivatives of the primitives (`vjp` of `@unroll/autograd`): shows the walk back as well, by all parameters. */
  readonly vjp?: Vjp;
}

const TITLES: Readonly<Record<LoopPhase, string>> = {
  once: 'once:',
  before: 'before the loop, for all steps together:',
  loop: 'each step:',
  after: 'after the loop, for all steps together:',
  totals: 'sums over all steps:',
};

/**
 * How `scan` runs a cell, as text: whether `step` is traced and if not, why; which equations stay in the loop, which run once
 * for all steps, before or after it; and what is kept for the derivative. Values have the names that the cell gives them by `probe`.
 * @throws what the cell's `step` throws
 */
export function explainScan<S extends State>(cell: RecurrentCell<S>, options: ExplainScanOptions): string {
  return scope(() => {
    try {
      return explainTraced(cell, options);
    } catch (error) {
      if (!(error instanceof Untraceable)) throw error;
      return `Runs step by step, because ${error.message}.`;
    }
  });
}

function explainTraced<S extends State>(cell: RecurrentCell<S>, options: ExplainScanOptions): string {
  const { batch, time = 100, masked = false, vjp } = options;
  const why = whyStepByStep(time, { differentiated: vjp !== undefined });
  const parameters = new Map(namedParameters(cell).map(([name, { value }]) => [value, name]));
  const dtype = options.dtype ?? [...parameters.keys()][0]?.dtype ?? 'float32';
  // Shapes are all that counts: a step is traced, not run.
  const xs = zeros([batch, 1, cell.inputSize], { dtype });
  const mask = masked ? zeros([batch, 1], { dtype }) : undefined;
  const initial = mapTensors(cell.initialState(batch), (leaf) =>
    leaf.dtype === dtype || !isFloat(leaf.dtype) || !isFloat(dtype) ? leaf : leaf.cast(dtype),
  );
  const labels = new Map<Value, string>();
  const watch = (name: string, tensor: Tensor): void => {
    if (isTracing(tensor.backend)) labels.set(valueOf(tensor.buffer), name);
  };
  const { step, tensors } = withProbes(watch, () => traceStep(cell, xs, initial, mask));
  labelLeaves(step, labels, [...leavesByPath(initial).keys()]);
  for (const [i, leaf] of step.captured.entries()) labels.set(leaf, parameters.get(tensors[i]!) ?? `captured ${i}`);
  const wanted = {
    x: false,
    states: step.states.map(() => false),
    captured: tensors.map((tensor) => parameters.has(tensor)),
  };
  const label = (value: Value): string | undefined => labels.get(value);
  const plan = planScan(step, vjp && { vjp, wanted }, policyFor(xs), label);
  const forward = writeEquations(plan.forward.program);
  const lines = [
    why === undefined ? 'Traced: step is called once.' : `Runs step by step, because ${why}. Traced, it would be:`,
    ...describe('Forwards', plan.forward.program, forward, xs.backend),
  ];
  if (vjp) {
    const [, ...kept] = plan.forward.program.outputs.series;
    const { program, captured } = plan.backward(true);
    const backward = writeEquations(program);
    lines.push(`  kept for the walk back: ${kept.map((value) => forward.textOf(value)).join(', ') || 'nothing'}`);
    lines.push(...describe('Backwards', program, backward, xs.backend), '  gradients:');
    for (const [i, index] of captured.entries()) {
      lines.push(`    d${label(step.captured[index]!)} = ${backward.textOf(program.outputs.totals[i]!)}`);
    }
  }
  if (linearLeaves(step))
    lines.splice(1, 0, 'Linear in the state: a long run of a small state is a parallel prefix scan.');
  return lines.join('\n');
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

function describe(
  title: string,
  program: LoopProgram,
  { linesOf, textOf }: Written,
  backend: Backend,
): readonly string[] {
  const { phases, carried } = program;
  const ops = phases.loop.length;
  const products = phases.loop.filter(({ op }) => op === 'matmul').length;
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  const lines = [
    `${title}, per step ${count(products, 'matrix product')} and ${count(ops - products, 'other op')}${compilation(backend, program)}:`,
  ];
  for (const phase of Object.keys(TITLES) as LoopPhase[]) {
    const equations = linesOf(phase).map((line) => `    ${line}`);
    if (phase === 'loop') {
      for (const { value, next } of carried) equations.push(`    ${textOf(value)} ← ${textOf(next)}`);
    }
    if (equations.length > 0) lines.push(`  ${TITLES[phase]}`, ...equations);
  }
  return lines;
}

/** Whether the backend makes code for the steps; nothing where backends like this one never do. */
function compilation(backend: Backend, program: LoopProgram): string {
  const compiled = backend.compileLoop?.(program);
  if (!compiled) return '';
  return typeof compiled === 'function' ? ', compiled' : `, not compiled (${compiled.reason})`;
}
