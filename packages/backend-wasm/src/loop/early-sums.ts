import type { LoopEquation, LoopProgram, LoopValue } from '@unroll/backend';
import { isRowReduction, matrixOf } from './values.ts';

/** A value times or by numbers of its row. */
interface Term {
  readonly value: number;
  readonly factors: readonly { readonly op: 'mul' | 'div'; readonly by: number }[];
  readonly isSubtracted: boolean;
}

/** A sum of more terms than these is left as it is. */
const TERMS = 6;

/**
 * The same program with sums over the columns of each row taken earlier: Σ (x + k∘y) = Σ x + k Σ y, for a k of one column that is itself
 * made of such sums. Where x and y are known before k is, that saves a pass over them: so in the derivative of a layer norm.
 */
export function withEarlySums(program: LoopProgram): LoopProgram {
  // Most have none.
  if (!program.phases.loop.some((equation) => isSumOfRows(equation, program.values))) return program;
  const rewriter = new Rewriter(program);
  const loop = program.phases.loop.flatMap((equation) => rewriter.rewrite(equation));
  return { ...program, values: rewriter.values, phases: { ...program.phases, loop } };
}

function isSumOfRows(equation: LoopEquation, values: readonly LoopValue[]): boolean {
  const { shape } = values[equation.inputs[0]!]!;
  return isRowReduction(equation, shape) && matrixOf(shape).columns > 1;
}

class Rewriter {
  readonly values: LoopValue[];
  readonly #makers: Map<number, LoopEquation> = new Map();
  /** Behind how many products a value is made, and behind how many sums over rows that come after the last of those. */
  readonly #depths: Map<number, { readonly products: number; readonly sums: number }> = new Map();
  /** Sums and their multiples that have been made, by what they are. */
  readonly #made: Map<string, number> = new Map();

  constructor({ values, phases }: LoopProgram) {
    this.values = [...values];
    for (const equation of phases.loop) {
      for (const output of equation.outputs) this.#makers.set(output, equation);
      const inputs = equation.inputs.map((input) => this.#depths.get(input) ?? { products: 0, sums: 0 });
      const products = Math.max(0, ...inputs.map((each) => each.products));
      const sums = Math.max(0, ...inputs.map((each) => (each.products === products ? each.sums : 0)));
      const depth =
        equation.op === 'matmul'
          ? { products: products + 1, sums: 0 }
          : { products, sums: sums + Number(isSumOfRows(equation, this.values)) };
      for (const output of equation.outputs) this.#depths.set(output, depth);
    }
  }

  /** The equations that an equation becomes. */
  rewrite(equation: LoopEquation): readonly LoopEquation[] {
    const x = equation.inputs[0]!;
    if (equation.op !== 'sum' || !isSumOfRows(equation, this.values) || this.values[x]!.dtype !== 'float32')
      return [equation];
    const terms = this.#termsOf(x);
    const { products, sums } = this.#depths.get(x) ?? { products: 0, sums: 0 };
    const isEarlier = ({ value }: Term): boolean => {
      const depth = this.#depths.get(value);
      return !depth || depth.products < products || depth.sums < sums;
    };
    if (sums === 0 || terms.length > TERMS || !terms.every(isEarlier)) return [equation];
    return this.#sumOf(terms, equation);
  }

  #termsOf(value: number, outer: Omit<Term, 'value'> = { factors: [], isSubtracted: false }): readonly Term[] {
    const maker = this.#makers.get(value);
    const isWhole = (input: number): boolean => this.#columnsOf(input) > 1 && this.#hasRowsOf(input, value);
    const leaf: Term = { value, ...outer };
    if (!maker) return [leaf];
    const { op, inputs } = maker;
    const [x, y] = inputs as [number, number];
    if (op === 'neg') return this.#termsOf(x, { ...outer, isSubtracted: !outer.isSubtracted });
    if ((op === 'add' || op === 'sub') && isWhole(x) && isWhole(y)) {
      const isSubtracted = op === 'sub' ? !outer.isSubtracted : outer.isSubtracted;
      return [...this.#termsOf(x, outer), ...this.#termsOf(y, { ...outer, isSubtracted })];
    }
    if (op !== 'mul' && op !== 'div') return [leaf];
    const times = (whole: number, number: number): readonly Term[] | undefined => {
      const by = this.#columnOf(number);
      if (by === undefined || !isWhole(whole)) return undefined;
      return this.#termsOf(whole, { ...outer, factors: [...outer.factors, { op, by }] });
    };
    return times(x, y) ?? (op === 'mul' ? times(y, x) : undefined) ?? [leaf];
  }

  /** The one column that a value is, or is a repetition of. */
  #columnOf(value: number): number | undefined {
    if (this.#columnsOf(value) === 1) return value;
    const maker = this.#makers.get(value);
    return maker?.op === 'broadcast' && this.#columnsOf(maker.inputs[0]!) === 1 ? maker.inputs[0]! : undefined;
  }

  #columnsOf(value: number): number {
    return matrixOf(this.values[value]!.shape).columns;
  }

  #hasRowsOf(value: number, other: number): boolean {
    const [own, shape] = [this.values[value]!.shape, this.values[other]!.shape];
    return own.length === shape.length && own.every((length, axis) => length === shape[axis]);
  }

  /** The sum of the terms' sums, as the output of `equation`. */
  #sumOf(terms: readonly Term[], equation: LoopEquation & { readonly op: 'sum' }): readonly LoopEquation[] {
    const total = equation.outputs[0]!;
    const equations: LoopEquation[] = [];
    const make = (key: string, write: (output: number) => LoopEquation): number => {
      const known = this.#made.get(key);
      if (known !== undefined) return known;
      const output = this.values.push(this.values[total]!) - 1;
      this.#made.set(key, output);
      equations.push(write(output));
      return output;
    };
    const sums = terms.map(({ value, factors }) => {
      let key = `sum ${value}`;
      let sum = make(key, (output) => ({ ...equation, inputs: [value], outputs: [output] }));
      for (const { op, by } of factors) {
        const inputs = [sum, by];
        key = `${key} ${op} ${by}`;
        sum = make(key, (output) => ({ op, inputs, attrs: {}, outputs: [output] }));
      }
      return sum;
    });
    const [first, ...rest] = terms.map(({ isSubtracted }, i) => ({ sum: sums[i]!, isSubtracted }));
    let soFar = first!.sum;
    const steps: LoopEquation[] = [];
    const next = (op: 'neg' | 'add' | 'sub', inputs: readonly number[]): void => {
      soFar = this.values.push(this.values[total]!) - 1;
      steps.push({ op, inputs, attrs: {}, outputs: [soFar] });
    };
    if (first!.isSubtracted) next('neg', [soFar]);
    for (const { sum, isSubtracted } of rest) next(isSubtracted ? 'sub' : 'add', [soFar, sum]);
    // The last one makes the sum itself.
    const last = steps.pop() ?? { op: 'detach', inputs: [soFar], attrs: {}, outputs: [total] };
    return [...equations, ...steps, { ...last, outputs: [total] }];
  }
}
