import type { Buffer, Signature } from '@unroll/backend';
import {
  type CompositeOp,
  type Differentiation,
  type Tensor,
  activeRecorders,
  isRecording,
  scope,
  tensorsOf,
} from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { replaceLeaves } from '../state.ts';
import type { Wanted } from './differentiate.ts';
import { delayedSeries, lastOf } from './delayed.ts';
import { interpret } from './interpret.ts';
import { type Machine, TensorMachine, applyTo, apply, onBuffers, zerosOn } from './machine.ts';
import { type LoopPolicy, policyFor } from './phases.ts';
import { checkSteady, planFor } from './plan-cache.ts';
import type { ScanPlan } from './plan.ts';
import { Series, type SeriesParts } from './series.ts';
import { type TracedStep, retraceStep, traceStep } from './trace-step.ts';

/**
 * The second level of `scan`: traces `step` once, moves out of the loop what need not be in it, and runs the rest on the
 * backend's kernels. A recorder gets the whole loop as one op, whose derivative is a loop too. Equals `stepByStep`.
 * @throws Untraceable if the step can't be written down as a graph
 */
export function traced<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
  policy: LoopPolicy = policyFor(xs),
): readonly [ys: Tensor, final: S] {
  return scope(() => traceRun(cell, xs, initial, mask, policy).run());
}

/** A run whose step has been traced, and that has not begun. */
export interface TracedRun<S extends State> {
  readonly step: TracedStep;
  /** What the captured leaves of the step stand for. */
  readonly tensors: readonly Tensor[];
  /** Whether the backend makes code for the steps. */
  isCompiled(): boolean;
  /**
   * For who runs the step without `run`, which does it too.
   * @throws Untraceable if the step does something else each time it is called
   */
  checkSteady(): void;
  run(): readonly [ys: Tensor, final: S];
}

/**
 * The run that `traced` makes. What it makes besides its results is freed by the scope around it.
 * @throws Untraceable if the step can't be written down as a graph, here or when it is planned
 */
export function traceRun<S extends State>(
  cell: RecurrentCell<S>,
  xs: Tensor,
  initial: S,
  mask: Tensor | undefined,
  policy: LoopPolicy = policyFor(xs),
): TracedRun<S> {
  const { step, tensors } = retraceStep(cell, xs, initial, mask);
  const { backend } = xs;
  const states = tensorsOf(initial);
  const differentiation = activeRecorders()[0]?.differentiation;
  const wanted = differentiation && wantedBy(differentiation, xs, states, tensors);
  const gradient = wanted && { vjp: differentiation.vjp, wanted };
  const again = (): TracedStep => traceStep(cell, xs, initial, mask).step;
  let plan: ScanPlan | undefined;
  const planned = (): ScanPlan => (plan ??= planFor(step, gradient, policy, again));
  return {
    step,
    tensors,
    isCompiled: () => typeof backend.compileLoop?.(planned().forward.program) === 'function',
    checkSteady: () => checkSteady(step, again),
    run: () => {
      const chosen = planned();
      const run = onBuffers(backend, (machine) => runForward(machine, chosen, xs, mask, states, tensors));
      if (gradient) {
        const [inputs, outputs] = [
          [xs, ...states, ...tensors],
          [run.ys, ...run.finals],
        ];
        differentiation.recordComposite({ inputs, outputs, pullBack: pullBack(chosen, run, xs) });
      }
      return [run.ys, replaceLeaves(initial, run.finals)];
    },
  };
}

/** What a derivative is wanted by, or nothing. */
function wantedBy(
  differentiation: Differentiation,
  xs: Tensor,
  states: readonly Tensor[],
  captured: readonly Tensor[],
): Wanted | undefined {
  const isTracked = (tensor: Tensor): boolean => differentiation.isTracked(tensor);
  const wanted = { x: isTracked(xs), states: states.map(isTracked), captured: captured.map(isTracked) };
  return wanted.x || wanted.states.includes(true) || wanted.captured.includes(true) ? wanted : undefined;
}

/** What a run forwards gives and keeps. */
interface ForwardRun {
  readonly ys: Tensor;
  readonly finals: readonly Tensor[];
  readonly captured: readonly Tensor[];
  /** x, then the mask if there is one, then what is x of the step before, then what the plan keeps. */
  readonly series: readonly SeriesParts<Tensor>[];
  readonly once: readonly Tensor[];
}

function runForward(
  machine: Machine<Buffer>,
  plan: ScanPlan,
  xs: Tensor,
  mask: Tensor | undefined,
  states: readonly Tensor[],
  captured: readonly Tensor[],
): ForwardRun {
  const [batch, time] = xs.shape as [number, number, number];
  const given = [Series.ofWhole(machine, swapAxes(machine, xs.buffer))];
  if (mask) {
    const live = apply(machine, 'transpose', [mask.buffer], { order: [1, 0] });
    given.push(Series.ofWhole(machine, applyTo(machine, 'reshape', live, { shape: [time, batch, 1] })));
  }
  const { delayed } = plan;
  for (const i of delayed)
    given.push(Series.ofWhole(machine, delayedSeries(machine, given[0]!.whole(), states[i]!.buffer)));
  const results = interpret(plan.forward.program, machine, {
    time,
    once: captured.map(({ buffer }) => buffer),
    series: given,
    carried: states.flatMap(({ buffer }, i) => (delayed.has(i) ? [] : [buffer])),
  });
  const carried = results.carried.values();
  const finals = states.map((_, i) => (delayed.has(i) ? lastOf(machine, given[0]!.whole()) : carried.next().value!));
  const [y, ...kept] = results.series;
  const ys = machine.toTensor(swapAxes(machine, y!.whole()));
  y!.free();
  // Without a derivative, x and the mask have served.
  if (!plan.gradient) for (const series of given) series.free();
  const series = (plan.gradient ? [...given, ...kept] : []).map((one) => {
    const { isWhole, values } = one.release();
    return { isWhole, values: values.map((value) => machine.toTensor(value)) };
  });
  return {
    ys,
    finals: finals.map((value) => machine.toTensor(value)),
    captured,
    series,
    once: results.once.map((value) => machine.toTensor(value)),
  };
}

/** The derivative of a run. While somebody records it, it runs on tensors. */
function pullBack(plan: ScanPlan, run: ForwardRun, { backend }: Tensor): CompositeOp['pullBack'] {
  return (dys) =>
    isRecording()
      ? runBackward(plan, run, dys, new TensorMachine(backend))
      : onBuffers(backend, (machine) => runBackward(plan, run, dys, machine));
}

function runBackward<V extends Signature>(
  plan: ScanPlan,
  run: ForwardRun,
  [dys, ...dfinals]: readonly (Tensor | undefined)[],
  machine: Machine<V>,
): readonly (Tensor | undefined)[] {
  const { program, hasDy, hasDx, states, captured } = plan.backward(dys !== undefined);
  const { wanted } = plan.gradient!;
  const of = (tensor: Tensor): V => machine.ofTensor(tensor);
  const shared = (tensor: Tensor): V => machine.share(of(tensor));
  const [batch, time, features] = run.ys.shape as [number, number, number];
  const series = run.series.map(({ isWhole, values }) =>
    Series.ofParts(machine, { isWhole, values: values.map(shared) }),
  );
  if (hasDy) {
    const dy = dys ? swapAxes(machine, of(dys)) : zerosOn(machine, [time, batch, features], run.ys.dtype);
    series.unshift(Series.ofWhole(machine, dy));
  }
  const carried = states.map((i) => {
    const [cotangent, final] = [dfinals[i], run.finals[i]!];
    return cotangent ? shared(cotangent) : zerosOn(machine, final.shape, final.dtype);
  });
  const once = [...run.captured, ...run.once].map(of);
  const results = interpret(program, machine, { time, once, series, carried });
  for (const one of series) one.free();
  for (const value of carried) machine.free(value);

  const dStates: (Tensor | undefined)[] = run.finals.map(() => undefined);
  for (const [j, i] of states.entries()) {
    if (wanted.states[i]) dStates[i] = machine.toTensor(results.carried[j]!);
    else machine.free(results.carried[j]!);
  }
  const dCaptured: (Tensor | undefined)[] = run.captured.map(() => undefined);
  for (const [j, i] of captured.entries()) dCaptured[i] = machine.toTensor(results.totals[j]!);
  const [dx] = results.series;
  const dxs = hasDx ? machine.toTensor(swapAxes(machine, dx!.whole())) : undefined;
  dx?.free();
  return [dxs, ...dStates, ...dCaptured];
}

/** [batch, time, …] ↔ [time, batch, …] */
function swapAxes<V extends Signature>(machine: Machine<V>, value: V): V {
  return apply(machine, 'transpose', [value], { order: [1, 0, 2] });
}
