import {
  IndexError,
  type LoopEquation,
  type LoopProgram,
  type Primitive,
  type Shape,
  type Signature,
  sizeOf,
  thrownInStep,
} from '@unroll/backend';
import { type Layout, type Role, layoutOf } from './layout.ts';
import { type Machine, type MachineLoop, apply, applyTo } from './machine.ts';
import { repeat, runOverTime } from './over-time.ts';
import { type Operand, sumOfProducts } from './products-over-time.ts';
import { Series } from './series.ts';

/** What a program is run on, in the order of its lists; stays the caller's. */
export interface LoopArguments<V extends Signature> {
  /** The number of steps, at least 1. */
  readonly time: number;
  readonly once: readonly V[];
  readonly series: readonly Series<V>[];
  readonly carried: readonly V[];
}

/** What a program gives, in the order of its lists; becomes the caller's. */
export interface LoopResults<V extends Signature> {
  readonly once: readonly V[];
  readonly series: readonly Series<V>[];
  /** After the last step. */
  readonly carried: readonly V[];
  readonly totals: readonly V[];
}

/** Runs a loop program on primitive ops: what a backend that compiles the program must equal. */
export function interpret<V extends Signature>(
  program: LoopProgram,
  machine: Machine<V>,
  args: LoopArguments<V>,
): LoopResults<V> {
  return new Interpreter(program, machine, args).run();
}

class Interpreter<V extends Signature> {
  readonly #program: LoopProgram;
  readonly #layout: Layout;
  readonly #machine: Machine<V>;
  readonly #args: LoopArguments<V>;
  /** Values that are the same in all steps, and those of the current step. */
  readonly #now: V[] = [];
  readonly #series: Series<V>[] = [];
  /** To be freed at the end. */
  readonly #constants: number[] = [];
  readonly #owned: Set<Series<V>> = new Set();

  constructor(program: LoopProgram, machine: Machine<V>, args: LoopArguments<V>) {
    this.#program = program;
    this.#layout = layoutOf(program);
    this.#machine = machine;
    this.#args = args;
  }

  run(): LoopResults<V> {
    const { inputs, constants, phases, outputs } = this.#program;
    const { once, series } = this.#args;
    for (const [i, value] of inputs.once.entries()) this.#now[value] = once[i]!;
    for (const [i, value] of inputs.series.entries()) this.#series[value] = series[i]!;
    for (const { value, number } of constants) {
      this.#constant(value, this.#machine.scalar(Number(number), this.#program.values[value]!.dtype));
    }
    for (const equation of phases.once) this.#runOnce(equation);
    let position = 0;
    for (const equation of phases.before) this.#runOverTime(equation, position++);
    const carried = this.#loop();
    this.#freeSeries(position++);
    for (const equation of phases.after) this.#runOverTime(equation, position++);
    for (const equation of phases.totals) {
      this.#runTotal(equation);
      this.#freeSeries(position++);
    }
    const results = {
      once: outputs.once.map((value) => this.#machine.share(this.#now[value]!)),
      series: outputs.series.map((value) => this.#output(value)),
      carried,
      totals: outputs.totals.map((value) => this.#machine.share(this.#now[value]!)),
    };
    for (const value of this.#constants) this.#machine.free(this.#now[value]!);
    for (const rest of this.#owned) rest.free();
    return results;
  }

  /** All steps; gives what the last one hands on. The inner loops are plain, as short sequences of small models spend their time here. */
  #loop(): readonly V[] {
    const { carried, reversed } = this.#program;
    const { stepReads, next, collected, steps } = this.#layout;
    const { time } = this.#args;
    const machine = this.#machine;
    const now = this.#now;
    const keep = ({ value, share }: Role): V => (share ? machine.share(now[value]!) : now[value]!);
    if (steps.length === 0 && carried.length === 0) return [];
    const compiled = machine.loopOf?.(this.#program);
    if (compiled) return this.#runCompiled(compiled);
    let state: readonly V[] = this.#args.carried.map((value) => machine.share(value));
    const kept: V[][] = collected.map(() => []);
    const reads = stepReads.map((value) => this.#series[value]!.steps());
    for (let i = 0; i < time; i++) {
      const t = reversed ? time - 1 - i : i;
      for (let j = 0; j < reads.length; j++) now[stepReads[j]!] = reads[j]![t]!;
      for (let j = 0; j < carried.length; j++) now[carried[j]!.value] = state[j]!;
      for (const { equation, signatures, frees } of steps) {
        if (equation.op === 'accumulate') this.#accumulate(equation, i === 0);
        else this.#runNow(equation, signatures, t);
        for (const value of frees) machine.free(now[value]!);
      }
      const handed = next.map(keep);
      for (let j = 0; j < collected.length; j++) kept[j]!.push(keep(collected[j]!));
      for (const value of state) machine.free(value);
      state = handed;
    }
    for (const [j, { value }] of collected.entries()) {
      this.#own(value, Series.ofSteps(machine, reversed ? kept[j]!.toReversed() : kept[j]!));
    }
    return state;
  }

  /** All steps, by code that the backend made for them. */
  #runCompiled(loop: MachineLoop<V>): readonly V[] {
    const { carried, series, totals } = loop({
      time: this.#args.time,
      constant: (value) => this.#now[value]!,
      series: (value) => this.#series[value]!.whole(),
      carried: this.#args.carried,
    });
    for (const [value, whole] of series) this.#own(value, Series.ofWhole(this.#machine, whole));
    for (const [value, total] of totals) this.#constant(value, total);
    return carried;
  }

  /** On values of this step, or of all steps alike. */
  #runNow({ op, inputs, attrs, outputs }: LoopEquation, signatures: readonly Signature[], step?: number): void {
    const now = this.#now;
    if (op === 'detach') {
      now[outputs[0]!] = this.#machine.share(now[inputs[0]!]!);
      return;
    }
    const operands: V[] = [];
    for (const input of inputs) operands.push(now[input]!);
    let results: readonly V[];
    try {
      results = this.#machine.run(op as Primitive, operands, attrs, signatures);
    } catch (error) {
      throw step === undefined ? error : thrownInStep(step, error);
    }
    for (let i = 0; i < results.length; i++) now[outputs[i]!] = results[i]!;
  }

  #runOnce(equation: LoopEquation): void {
    this.#runNow(
      equation,
      equation.outputs.map((output) => this.#program.values[output]!),
    );
    this.#constants.push(...equation.outputs);
  }

  #accumulate({ inputs, outputs }: LoopEquation, isFirst: boolean): void {
    const [term, total] = [inputs[0]!, outputs[0]!];
    const machine = this.#machine;
    if (isFirst) {
      this.#constant(total, machine.share(this.#now[term]!));
      return;
    }
    const sum = apply(machine, 'add', [this.#now[total]!, this.#now[term]!], {});
    machine.free(this.#now[total]!);
    this.#now[total] = sum;
  }

  #runOverTime(equation: LoopEquation, position: number): void {
    const { values } = this.#program;
    const operands = equation.inputs.map((input) => {
      const timed = this.#layout.homes[input] !== 'constant';
      const value = timed ? this.#series[input]!.whole() : this.#now[input]!;
      return { value, timed, shape: values[input]!.shape };
    });
    const { shape } = values[equation.outputs[0]!]!;
    const results = this.#overTime(equation, operands, shape);
    for (const [i, output] of equation.outputs.entries()) this.#own(output, Series.ofWhole(this.#machine, results[i]!));
    this.#freeSeries(position);
  }

  #overTime(equation: LoopEquation, operands: readonly Operand<V>[], shape: Shape): readonly V[] {
    try {
      return runOverTime(this.#machine, equation, operands, this.#args.time, shape);
    } catch (error) {
      // The op saw the indices of all steps.
      throw error instanceof IndexError ? error.overSteps(sizeOf(operands[1]!.shape)) : error;
    }
  }

  /** Of sums over all steps. */
  #runTotal(equation: LoopEquation): void {
    const { op, inputs, attrs, outputs } = equation;
    const machine = this.#machine;
    const whole = (i: number): V => this.#series[inputs[i]!]!.whole();
    if (op === 'sumOverTime') {
      const sum = apply(machine, 'sum', [whole(0)], { axes: [0, ...attrs.axes.map((axis) => axis + 1)] });
      this.#constant(outputs[0]!, applyTo(machine, 'reshape', sum, { shape: sum.shape.slice(1) }));
    } else if (op === 'matmulOverTime') {
      this.#constant(outputs[0]!, sumOfProducts(machine, whole(0), whole(1), attrs));
    } else if (op === 'scatterAddOverTime') {
      this.#constant(outputs[0]!, apply(machine, 'scatterAdd', [whole(0), whole(1)], attrs));
    } else {
      this.#runOnce(equation);
    }
  }

  #output(value: number): Series<V> {
    const series = this.#series[value];
    const { time } = this.#args;
    if (!series) return Series.ofWhole(this.#machine, repeat(this.#machine, this.#now[value]!, time));
    return this.#owned.delete(series) ? series : series.share();
  }

  #constant(position: number, value: V): void {
    this.#now[position] = value;
    this.#constants.push(position);
  }

  #own(position: number, series: Series<V>): void {
    this.#series[position] = series;
    this.#owned.add(series);
  }

  #freeSeries(position: number): void {
    for (const value of this.#layout.seriesFrees[position]!) {
      const series = this.#series[value]!;
      this.#owned.delete(series);
      series.free();
    }
  }
}
