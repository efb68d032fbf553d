import { type LoopEquation, type LoopProgram, type Shape, sizeOf } from '@unroll/backend';
import { BYTES, isPointwise } from './values.ts';

/**
 * What some sequences of the batch know of a value, run apart from the others. `rows`: their own rows of its first axis, and
 * nothing else. `same`: all of it. `partial`: a sum over their own rows, of which the value is the sum.
 */
export type BatchRole = 'rows' | 'same' | 'partial';

/** How the batch of a loop can be split, so that each part runs all steps by itself. */
export interface BatchSplit {
  /** The sequences of the whole batch. */
  readonly batch: number;
  /** Of the values that the loop reads or makes. */
  readonly roles: readonly (BatchRole | undefined)[];
}

/** Why the batch of a loop can't be split, for people. */
export interface Unsplittable {
  readonly reason: string;
}

/**
 * Finds out whether each sequence of the batch can run alone. No meaning is assumed: a value has rows if every equation that makes
 * or reads it keeps the rows apart, and where that can't be shown, the batch is not split.
 */
export function splitOf(program: LoopProgram): BatchSplit | Unsplittable {
  const [first] = program.inputs.series;
  const batch = first === undefined ? undefined : program.values[first]!.shape[0];
  if (batch === undefined || batch < 2) return { reason: 'there is only one sequence' };
  try {
    return { batch, roles: new Splitter(program, batch).run() };
  } catch (error) {
    if (error instanceof Mixed) return { reason: error.message };
    throw error;
  }
}

/** Bytes from one sequence of the batch to the next, within a value. */
export function bytesPerSequence({ values }: LoopProgram, value: number, batch: number): number {
  return (sizeOf(values[value]!.shape) / batch) * BYTES;
}

/** Sequences depend on each other. */
class Mixed extends Error {}

class Splitter {
  readonly #program: LoopProgram;
  readonly #batch: number;
  /** A value that is the same in all steps has no role until an equation asks for one. */
  readonly #roles: (BatchRole | undefined)[];

  constructor(program: LoopProgram, batch: number) {
    this.#program = program;
    this.#batch = batch;
    this.#roles = program.values.map(() => undefined);
  }

  run(): readonly (BatchRole | undefined)[] {
    const { values, inputs, carried, phases, outputs } = this.#program;
    const given = [...inputs.series, ...phases.before.flatMap((each) => [...each.outputs])];
    for (const value of [...given, ...carried.map((each) => each.value)]) {
      this.#roles[value] = this.#hasRows(values[value]!.shape) ? 'rows' : 'same';
    }
    for (const equation of phases.loop) this.#follow(equation);
    for (const { value, next } of carried) this.#ask(next, this.#roles[value]!);
    const readLater = [...phases.after, ...phases.totals].flatMap((each) => [...each.inputs]);
    const totals = new Set(phases.loop.flatMap(({ op, outputs: made }) => (op === 'accumulate' ? [...made] : [])));
    for (const value of [...readLater, ...outputs.series]) {
      if (this.#roles[value] === 'partial' && !totals.has(value)) throw new Mixed('a sum over the batch is kept');
    }
    return this.#roles;
  }

  #hasRows(shape: Shape): boolean {
    return shape.length > 1 && shape[0] === this.#batch;
  }

  /** Whether a value is cut into rows; what has no role yet gets one. */
  #ask(value: number, role: BatchRole): void {
    const known = this.#roles[value];
    if (known === undefined && role !== 'same') {
      const { shape } = this.#program.values[value]!;
      if (role === 'partial' || !this.#hasRows(shape)) throw new Mixed('a value without a batch stands for one');
    }
    if (known === undefined) this.#roles[value] = role;
    else if (known !== role) throw new Mixed('sequences of the batch depend on each other');
  }

  #follow(equation: LoopEquation): void {
    const role = this.#roleOf(equation);
    for (const output of equation.outputs) this.#roles[output] = role;
  }

  #roleOf(equation: LoopEquation): BatchRole {
    const { inputs, outputs } = equation;
    const roles = inputs.map((input) => this.#roles[input]);
    if (!roles.includes('rows') && !roles.includes('partial')) {
      for (const input of inputs) this.#ask(input, 'same');
      return 'same';
    }
    const output = this.#program.values[outputs[0]!]!.shape;
    const shapes = inputs.map((input) => this.#program.values[input]!.shape);
    if (roles.includes('partial')) {
      if (!LINEAR.has(equation.op)) throw new Mixed('a sum over the batch is used within a step');
      for (const input of inputs) this.#ask(input, 'partial');
      return 'partial';
    }
    if (isPointwise(equation.op)) {
      for (const [i, shape] of shapes.entries()) {
        const isAligned = shape.length === output.length && shape[0] !== 1;
        this.#ask(inputs[i]!, isAligned ? 'rows' : 'same');
      }
      if (output.length < 2) throw new Mixed('the batch is the only axis');
      return 'rows';
    }
    return this.#structured(equation, shapes, output);
  }

  /** Ops that move or sum, of which at least one input has rows. */
  #structured(equation: LoopEquation, shapes: readonly Shape[], output: Shape): BatchRole {
    const { op, inputs, attrs } = equation;
    if (op === 'matmul') return this.#product(equation, shapes[0]!.length);
    if (op === 'sum' && attrs.axes.includes(0)) return 'partial';
    if (op === 'concat') for (const input of inputs) this.#ask(input, 'rows');
    if (op === 'gather') this.#ask(inputs[0]!, 'same');
    if (!this.#keepsRows(equation, output)) throw new Mixed(`${op} works across the batch`);
    return 'rows';
  }

  /** Whether an op leaves rows where they are. */
  #keepsRows({ op, attrs }: LoopEquation, output: Shape): boolean {
    // Rows lie one behind the other, whatever their own axes are.
    if (op === 'reshape') return output.length > 1 && output[0]! % this.#batch === 0;
    if (op === 'transpose') return attrs.order[0] === 0;
    if (op === 'sum' || op === 'max') return !attrs.axes.includes(0);
    if ('axis' in attrs) return attrs.axis !== 0;
    return op === 'detach' || op === 'gather';
  }

  #product({ inputs, attrs }: LoopEquation & { readonly op: 'matmul' }, rank: number): BatchRole {
    const [a, b] = inputs as [number, number];
    if (rank === 3) {
      this.#ask(a, 'rows');
      this.#ask(b, 'rows');
      return 'rows';
    }
    if (this.#roles[a] === 'rows' && !attrs.transposeA) {
      this.#ask(b, 'same');
      return 'rows';
    }
    if (!attrs.transposeA || attrs.transposeB) throw new Mixed('a product works across the batch');
    this.#ask(a, 'rows');
    this.#ask(b, 'rows');
    return 'partial';
  }
}

/** Ops that may change places with a sum over the batch. */
const LINEAR: ReadonlySet<string> = new Set(['accumulate', 'add', 'sub', 'neg', 'detach', 'reshape', 'slice', 'split']);
