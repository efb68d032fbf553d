import type { Buffer, CompiledLoop, DType, LoopProgram, Primitive } from '@unroll/backend';
import { type Backend, type Parameter, type Tensor, readingParameters, scope } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { Graph } from '../scan/graph.ts';
import { interpret } from '../scan/interpret.ts';
import { BufferMachine } from '../scan/machine.ts';
import type { LoopPolicy } from '../scan/phases.ts';
import { planFor } from '../scan/plan-cache.ts';
import { Series } from '../scan/series.ts';
import { traceStep } from '../scan/trace-step.ts';

/** What a run leaves; becomes the caller's. */
export interface StepResults {
  /** [time, batch, outputSize] */
  readonly ys: Buffer;
  /** The leaves of the state, after the last step. */
  readonly state: readonly Buffer[];
}

/** With few steps at a time, many ops over all steps cost more than one call that does everything step by step. */
const ALL_IN_THE_LOOP: LoopPolicy = { hoist: false, defer: false };
const OUT_OF_THE_LOOP: LoopPolicy = { hoist: true, defer: true };

/**
 * A step that was written down once and is bound to what it looks at: what it makes of parameters alone is made here, once. Where
 * the backend compiles it, a run is one call.
 */
export class StepProgram {
  readonly #backend: Backend;
  readonly #dtype: DType;
  readonly #machine: BufferMachine;
  /** Without the phase `once`. */
  readonly #program: LoopProgram;
  readonly #compiled: CompiledLoop | undefined;
  /** By position in the program: what is the same in all steps. Owned. */
  readonly #now: Buffer[] = [];
  readonly #parameters: readonly (readonly [parameter: Parameter, value: Tensor])[];

  /**
   * x is [batch, inputSize]; its elements do not matter.
   * @throws Untraceable if the step can't be written down; any error that the step throws
   */
  constructor(cell: RecurrentCell, x: Tensor, initial: State) {
    this.#backend = x.backend;
    this.#dtype = x.dtype;
    this.#machine = new BufferMachine(x.backend);
    const { result, parameters } = readingParameters(() =>
      scope(() => {
        const graph = new Graph();
        graph.onceIsFree = true;
        const { step, tensors } = traceStep(cell, x.expandDims(1), initial, undefined, graph);
        const chosen = choose(x.backend, (policy) => planFor(step, undefined, policy).forward.program);
        this.#bind(chosen.program, tensors);
        return chosen;
      }),
    );
    this.#parameters = Array.from(parameters, (parameter) => [parameter, parameter.value]);
    this.#program = result.bound;
    this.#compiled = result.compiled;
  }

  /** Whether it stands for such an x, and no parameter that the step reads has got another value since. */
  fits({ dtype, backend }: Tensor): boolean {
    if (dtype !== this.#dtype || backend !== this.#backend) return false;
    for (const [parameter, value] of this.#parameters) if (parameter.value !== value) return false;
    return true;
  }

  /** xs is [time, batch, inputSize], at least one step, or [batch, inputSize] for one; all arguments stay the caller's. */
  run(time: number, xs: Buffer, state: readonly Buffer[]): StepResults {
    if (this.#compiled) return this.#runCompiled(this.#compiled, time, xs, state);
    const { shape } = this.#program.values[this.#program.inputs.series[0]!]!;
    const whole = this.#machine.run('reshape', [xs], { shape: [time, ...shape] })[0]!;
    const given = Series.ofWhole(this.#machine, whole);
    const once = this.#program.inputs.once.map((value) => this.#now[value]!);
    const results = interpret(this.#program, this.#machine, { time, once, series: [given], carried: state });
    const [y] = results.series;
    const ys = this.#machine.share(y!.whole());
    y!.free();
    given.free();
    return { ys, state: results.carried };
  }

  dispose(): void {
    for (const buffer of Object.values(this.#now)) this.#backend.free(buffer);
    this.#now.length = 0;
  }

  #runCompiled(compiled: CompiledLoop, time: number, xs: Buffer, carried: readonly Buffer[]): StepResults {
    const constant = (value: number): Buffer => this.#now[value]!;
    const results = compiled({ time, constant, series: () => xs, carried });
    return { ys: results.series.get(this.#program.outputs.series[0]!)!, state: results.carried };
  }

  #bind({ inputs, constants, phases, values }: LoopProgram, captured: readonly Tensor[]): void {
    const now = this.#now;
    for (const [i, value] of inputs.once.entries()) now[value] = this.#machine.share(captured[i]!.buffer);
    for (const { value, number } of constants) now[value] = this.#machine.scalar(Number(number), values[value]!.dtype);
    for (const { op, inputs: operands, attrs, outputs } of phases.once) {
      const given = operands.map((value) => now[value]!);
      const signatures = outputs.map((value) => values[value]!);
      const made =
        op === 'detach'
          ? given.map((value) => this.#machine.share(value))
          : this.#machine.run(op as Primitive, given, attrs, signatures);
      for (const [i, value] of outputs.entries()) now[value] = made[i]!;
    }
  }
}

interface Choice {
  readonly program: LoopProgram;
  readonly bound: LoopProgram;
  readonly compiled: CompiledLoop | undefined;
}

/** All in the loop if that is compiled; else what the backend compiles, if anything. */
function choose(backend: Backend, programFor: (policy: LoopPolicy) => LoopProgram): Choice {
  const candidates = [ALL_IN_THE_LOOP, OUT_OF_THE_LOOP].map((policy) => {
    const program = programFor(policy);
    const bound = boundOf(program);
    const compiled = backend.compileLoop?.(bound);
    return { program, bound, compiled: typeof compiled === 'function' ? compiled : undefined };
  });
  const [first, second] = candidates as [Choice, Choice];
  if (first.compiled) return isOneCall(first.bound) ? first : { ...first, compiled: undefined };
  return second.compiled ? { ...second, compiled: undefined } : first;
}

/** Whether the phase `loop` is all there is, and makes y. */
function isOneCall({ phases, carried, outputs, inputs }: LoopProgram): boolean {
  const made = new Set([...phases.loop.flatMap((each) => [...each.outputs]), ...carried.map(({ value }) => value)]);
  const { before, after, totals } = phases;
  const isLoop = before.length === 0 && after.length === 0 && totals.length === 0;
  return isLoop && inputs.series.length === 1 && outputs.series.every((value) => made.has(value));
}

const bounds = new WeakMap<LoopProgram, LoopProgram>();

/** The program with the results of the phase `once` among what is given. The same for the same, as backends compile each once. */
function boundOf(program: LoopProgram): LoopProgram {
  let bound = bounds.get(program);
  if (!bound) {
    const { inputs, phases } = program;
    const once = [...inputs.once, ...phases.once.flatMap(({ outputs }) => [...outputs])];
    bound = { ...program, inputs: { ...inputs, once }, phases: { ...phases, once: [] } };
    bounds.set(program, bound);
  }
  return bound;
}
