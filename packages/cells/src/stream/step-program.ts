import type { Buffer, CompiledLoop, DType, LoopProgram, LoopSteps, Primitive } from '@unroll/backend';
import { type Backend, type Parameter, type Tensor, readingParameters, scope } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { Graph } from '../scan/graph.ts';
import { interpret } from '../scan/interpret.ts';
import { BufferMachine } from '../scan/machine.ts';
import type { LoopPolicy } from '../scan/phases.ts';
import { planFor } from '../scan/plan-cache.ts';
import type { ScanPlan } from '../scan/plan.ts';
import { Series } from '../scan/series.ts';
import { type Traced, traceStep } from '../scan/trace-step.ts';

/** With few steps at a time, many ops over all steps cost more than one call that does everything step by step. */
const ALL_IN_THE_LOOP: LoopPolicy = { hoist: false, defer: false, delay: false };
const OUT_OF_THE_LOOP: LoopPolicy = { hoist: true, defer: true, delay: false };

/**
 * A step that was written down once and is bound to what it looks at: what it makes of parameters alone is made here, once. Where
 * the backend compiles it, a step is one call.
 */
export class StepProgram {
  readonly #backend: Backend;
  readonly #dtype: DType;
  readonly #machine: BufferMachine;
  /** Without the phase `once`. */
  readonly #program: LoopProgram;
  readonly #begin: CompiledLoop['begin'];
  /** By position in the program: what is the same in all steps. Owned. */
  readonly #now: Buffer[] = [];
  readonly #parameters: readonly (readonly [parameter: Parameter, value: Tensor])[];
  /** Those of `#now` that are a parameter's value. */
  readonly #parameterOf: Map<number, Parameter> = new Map();

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
        const xs = x.expandDims(1);
        const trace = (): Traced => {
          const graph = new Graph();
          graph.onceIsFree = true;
          return traceStep(cell, xs, initial, undefined, graph);
        };
        const { step, tensors } = trace();
        const planned = (policy: LoopPolicy): ScanPlan => planFor(step, undefined, policy, () => trace().step);
        const chosen = choose(x.backend, (policy) => planned(policy).forward.program);
        this.#bind(chosen.program, tensors);
        return { ...chosen, tensors };
      }),
    );
    this.#parameters = Array.from(parameters, (parameter) => [parameter, parameter.value]);
    for (const [parameter, value] of this.#parameters) {
      const position = result.tensors.indexOf(value);
      if (position >= 0) this.#parameterOf.set(result.bound.inputs.once[position]!, parameter);
    }
    this.#program = result.bound;
    this.#begin = isOneCall(result.bound) ? result.compiled?.begin : undefined;
  }

  /** Whether it stands for such an x, and no parameter that the step reads has got another value since. */
  fits({ dtype, backend }: Tensor): boolean {
    if (dtype !== this.#dtype || backend !== this.#backend) return false;
    for (const [parameter, value] of this.#parameters) if (parameter.value !== value) return false;
    return true;
  }

  /** All that it does, and with what: buffers that are the same in all steps and stay this program's, some of them parameters. */
  get description(): {
    readonly program: LoopProgram;
    readonly constants: ReadonlyMap<number, Buffer>;
    readonly parameters: ReadonlyMap<number, Parameter>;
  } {
    const constants = new Map(Object.entries(this.#now).map(([value, buffer]) => [Number(value), buffer]));
    return { program: this.#program, constants, parameters: this.#parameterOf };
  }

  /** Steps from a state on, which stays the caller's. They end before the program does. */
  begin(state: readonly Buffer[]): LoopSteps {
    const constant = (value: number): Buffer => this.#now[value]!;
    const compiled = this.#begin?.({ constant, carried: state });
    if (compiled) return compiled;
    const once = this.#program.inputs.once.map(constant);
    return new InterpretedSteps(this.#program, this.#machine, once, state);
  }

  dispose(): void {
    for (const buffer of Object.values(this.#now)) this.#backend.free(buffer);
    this.#now.length = 0;
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

/** Runs of the program, one after the other. */
class InterpretedSteps implements LoopSteps {
  readonly #program: LoopProgram;
  readonly #machine: BufferMachine;
  readonly #once: readonly Buffer[];
  #carried: readonly Buffer[];

  constructor(program: LoopProgram, machine: BufferMachine, once: readonly Buffer[], carried: readonly Buffer[]) {
    this.#program = program;
    this.#machine = machine;
    this.#once = once;
    this.#carried = carried.map((value) => machine.share(value));
  }

  step(x: Buffer): Buffer {
    const xs = this.#machine.run('reshape', [x], { shape: [1, ...x.shape] })[0]!;
    const ys = this.run(1, xs);
    const [y] = this.#machine.run('reshape', [ys], { shape: ys.shape.slice(1) });
    this.#machine.free(xs);
    this.#machine.free(ys);
    return y!;
  }

  run(time: number, xs: Buffer): Buffer {
    const machine = this.#machine;
    const given = Series.ofWhole(machine, machine.share(xs));
    const args = { time, once: this.#once, series: [given], carried: this.#carried };
    const { series, carried } = interpret(this.#program, machine, args);
    given.free();
    this.end();
    this.#carried = carried;
    const y = series[0]!;
    const ys = machine.share(y.whole());
    y.free();
    return ys;
  }

  carried(): readonly Buffer[] {
    return this.#carried.map((value) => this.#machine.share(value));
  }

  end(): void {
    for (const value of this.#carried) this.#machine.free(value);
  }
}

interface Choice {
  readonly program: LoopProgram;
  readonly bound: LoopProgram;
  readonly compiled: CompiledLoop | undefined;
}

/** All in the loop if that is compiled; else what the backend compiles, if anything. */
function choose(backend: Backend, programFor: (policy: LoopPolicy) => LoopProgram): Choice {
  const candidate = (policy: LoopPolicy): Choice => {
    const program = programFor(policy);
    const bound = boundOf(program);
    const compiled = backend.compileLoop?.(bound);
    return { program, bound, compiled: typeof compiled === 'function' ? compiled : undefined };
  };
  const first = candidate(ALL_IN_THE_LOOP);
  if (first.compiled || !backend.compileLoop) return first;
  const second = candidate(OUT_OF_THE_LOOP);
  return second.compiled ? second : first;
}

/** Whether the phase `loop` is all there is. */
function isOneCall({ phases }: LoopProgram): boolean {
  return [phases.before, phases.after, phases.totals].every(({ length }) => length === 0);
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
