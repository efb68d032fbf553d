import { type Backend, type LoopEquation, type Primitive, type Shape, sizeOf } from '@unroll/backend';
import { type Tensor, concat, full, run, scope, tensorsOf } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { replaceLeaves } from '../state.ts';
import { type LinearLeaf, linearLeaves } from './linear-form.ts';
import { linearRecurrence } from './linear-recurrence.ts';
import { TensorMachine } from './machine.ts';
import { runOverTime } from './over-time.ts';
import { neededBy, runsOverTime } from './phases.ts';
import { type TracedStep, traceStep } from './trace-step.ts';
import type { TracedRun } from './traced.ts';
import { type Node, type Value, isTimed } from './value.ts';

/**
 * `scan` without a loop, for a cell whose state is linear in itself (`linearLeaves`): each leaf of the state is one
 * `linearRecurrence`, and everything else runs once on the whole sequence. Gives nothing if the cell is not linear. Equals `stepByStep`.
 * @throws Untraceable if the step can't be written down as a graph
 */
export function byParallelPrefix<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
): readonly [ys: Tensor, final: S] | undefined {
  return scope(() => {
    const { step, tensors } = traceStep(cell, xs, initial, mask);
    const leaves = prefixLeaves(step);
    return leaves && alongTime({ step, tensors, leaves }, cell.outputSize, xs, initial, mask);
  });
}

/** A step that can run without a loop. */
interface LinearStep {
  readonly step: TracedStep;
  readonly tensors: readonly Tensor[];
  readonly leaves: readonly LinearLeaf[];
}

function alongTime<S extends State>(
  { step, tensors, leaves }: LinearStep,
  outputSize: number,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
): readonly [ys: Tensor, final: S] {
  const [batch, time] = xs.shape as [number, number, number];
  const whole = new WholeSequence(xs, time);
  whole.set(step.x, xs.transpose([1, 0, 2]));
  if (mask && step.mask) whole.set(step.mask, mask.transpose([1, 0]).reshape([time, batch, 1]));
  for (const [i, leaf] of step.captured.entries()) whole.set(leaf, tensors[i]!);
  const starts = tensorsOf(initial);
  const finals: Tensor[] = [];
  for (const { index, factor, term } of leaves) {
    const start = starts[index]!;
    const rows = [time, sizeOf(start.shape)];
    const [a, b] = [factor, term].map((value) =>
      whole
        .get(value)
        .broadcastTo([time, ...start.shape])
        .reshape(rows),
    ) as [Tensor, Tensor];
    const after = linearRecurrence(a, b, start.reshape([rows[1]!])).reshape([time, ...start.shape]);
    const before = time > 1 ? [start.expandDims(0), after.slice(0, 0, time - 1)] : [start.expandDims(0)];
    whole.set(step.states[index]!, concat(before, 0));
    const next = step.next[index]!;
    if (next.node && isTimed(next)) whole.set(next, after);
    finals[index] = after.slice(0, time - 1, 1).squeeze(0);
  }
  const ys = whole.atEachStep(step.y, [batch, outputSize]).transpose([1, 0, 2]);
  return [ys, replaceLeaves(initial, finals)] as const;
}

/** From so many steps on, the loop costs more than the sweeps. */
const LONG = 128;
/** Up to so many elements of state, ops cost more by their number than by their size. */
const SMALL = 256;
const notLinear = new WeakSet<RecurrentCell>();

/** The leaves of a state that can be a parallel prefix scan. */
export function prefixLeaves(step: TracedStep): readonly LinearLeaf[] | undefined {
  const leaves = linearLeaves(step);
  return leaves && canRunOverTime(step, leaves) ? leaves : undefined;
}

/** Whether a device takes long to start an op, whatever it computes, as a GPU does. */
export function startsSlowly(backend: Backend): boolean {
  return backend.runsAhead === true || !backend.downloadSync;
}

/**
 * A traced run by `byParallelPrefix`, if that is faster than its loop: it does about three times the work in far fewer ops. So on a device
 * that takes long to start an op, at any size: compiled steps are still ops each. Elsewhere for small states, unless the backend
 * compiles this loop. Gives nothing where the loop is faster, or the cell not linear.
 * @throws Untraceable if the step does something else each time it is called
 */
export function prefixIfFaster<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
  run: TracedRun<S>,
): readonly [ys: Tensor, final: S] | undefined {
  if (xs.shape[1]! < LONG || notLinear.has(cell)) return undefined;
  const isSmall = tensorsOf(initial).every((leaf) => sizeOf(leaf.shape) <= SMALL);
  if (!startsSlowly(xs.backend) && (!isSmall || run.isCompiled())) return undefined;
  const leaves = prefixLeaves(run.step);
  if (!leaves) {
    notLinear.add(cell);
    return undefined;
  }
  run.checkSteady();
  return alongTime({ ...run, leaves }, cell.outputSize, xs, initial, mask);
}

/** Whether all that the leaves and y need can run on the whole sequence. */
function canRunOverTime({ y }: TracedStep, leaves: readonly LinearLeaf[]): boolean {
  const roots = [y, ...leaves.flatMap(({ factor, term }) => [factor, term])];
  return [...neededBy(roots, [], new Set()).reached].every((node) => !node.inputs.some(isTimed) || runsOverTime(node));
}

/** Values of a step, for all steps at once: [time, …], or […] if they are the same in all. */
class WholeSequence {
  readonly #machine: TensorMachine;
  readonly #time: number;
  readonly #backend: Tensor['backend'];
  readonly #tensors: Map<Value, Tensor> = new Map();

  constructor({ backend }: Tensor, time: number) {
    this.#machine = new TensorMachine(backend);
    this.#backend = backend;
    this.#time = time;
  }

  set(value: Value, tensor: Tensor): void {
    this.#tensors.set(value, tensor);
  }

  get(value: Value): Tensor {
    const { constant, dtype, node } = value;
    if (!this.#tensors.has(value) && constant !== undefined) {
      this.set(value, full([], constant, { dtype, backend: this.#backend }));
    }
    if (!this.#tensors.has(value)) this.#run(node!);
    return this.#tensors.get(value)!;
  }

  /** [time, …shape], repeated where it is the same in all steps or shorter. */
  atEachStep(value: Value, shape: Shape): Tensor {
    const tensor = this.get(value);
    const ones = shape.slice(value.shape.length).map(() => 1);
    const aligned = isTimed(value) ? tensor.reshape([this.#time, ...ones, ...value.shape]) : tensor;
    return aligned.broadcastTo([this.#time, ...shape]);
  }

  #run({ op, inputs, attrs, outputs }: Node): void {
    const tensors = inputs.map((input) => this.get(input));
    const operands = inputs.map((input, i) => ({
      value: tensors[i]!,
      timed: isTimed(input),
      shape: input.shape,
    }));
    const results = this.#results({ op, attrs } as LoopEquation, operands, tensors, outputs[0]!);
    for (const [i, output] of outputs.entries()) this.set(output, results[i]!);
  }

  #results(
    equation: LoopEquation,
    operands: Parameters<typeof runOverTime<Tensor>>[2],
    tensors: readonly Tensor[],
    { shape }: Value,
  ): readonly Tensor[] {
    if (equation.op === 'detach') return [tensors[0]!.detach()];
    if (operands.some(({ timed }) => timed)) return runOverTime(this.#machine, equation, operands, this.#time, shape);
    return run(equation.op as Primitive, tensors, equation.attrs as never);
  }
}
