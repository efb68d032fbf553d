import type { DType, LoopEquation, Shape } from '@unroll/backend';
import type { Node } from './actions.ts';
import { operationOf } from './operations.ts';
import { type Matrix, type Part, fits, isPointwise, isRowReduction, matrixOf, partsOf } from './values.ts';

/** What is known of the values of a loop. */
export interface Facts {
  /** May grow: values that are made later are no part of the equations. */
  readonly shapes: readonly Shape[];
  readonly dtypes: readonly DType[];
  /** Values that someone reads after the step. */
  readonly outliving: ReadonlySet<number>;
}

const CHEAP: ReadonlySet<string> = new Set(['add', 'sub', 'mul', 'neg']);

/** Finds the values that need no place and no pass of their own: parts of others, and what is made again where it is read. */
export class SeenInPlace {
  readonly parts: Map<number, Part> = new Map();
  readonly inlined: Map<number, Node> = new Map();
  readonly #facts: Facts;
  readonly #readers: Map<number, LoopEquation[]> = new Map();

  constructor(equations: readonly LoopEquation[], facts: Facts) {
    this.#facts = facts;
    for (const equation of equations) {
      for (const input of new Set(equation.inputs)) {
        this.#readers.set(input, [...(this.#readers.get(input) ?? []), equation]);
      }
    }
    for (const equation of equations) this.#findParts(equation);
    for (const equation of equations) this.#findInlined(equation);
  }

  #findParts(equation: LoopEquation): void {
    for (const [i, part] of partsOf(equation, this.#facts.shapes).entries()) {
      const output = equation.outputs[i]!;
      // What outlives the step gets a place of its own; rows of another length can only be seen where there are no gaps.
      if (!part || this.#facts.outliving.has(output) || (part.isReshaped && !this.isContiguous(part.of))) continue;
      this.parts.set(output, part);
    }
  }

  /** Whether a value lies without gaps, if it lies anywhere. */
  isContiguous(value: number): boolean {
    const part = this.parts.get(value);
    if (!part || part.isReshaped) return true;
    return this.#matrixOf(value).columns === this.#matrixOf(part.of).columns && this.isContiguous(part.of);
  }

  /** Whether an equation is a node of a section: its operands have its rows and columns, or one for all. */
  isNode(equation: LoopEquation): boolean {
    const { op, inputs, outputs } = equation;
    const matrix = this.#matrixOf(outputs[0]!);
    if (isPointwise(op)) return inputs.every((input) => fits(this.#matrixOf(input), matrix));
    return isRowReduction(equation, this.#facts.shapes[inputs[0]!]!);
  }

  /** Cheap values of which only parts are read, by ops on elements. */
  #findInlined(equation: LoopEquation): void {
    const { inputs, outputs } = equation;
    const output = outputs[0]!;
    if (!CHEAP.has(equation.op) || this.#facts.outliving.has(output) || !this.isNode(equation)) return;
    // A reader that repeats the one column of a part wants it in memory.
    const isReadInColumns = (part: number): boolean =>
      this.#matrixOf(part).columns > 1 &&
      this.#readersOf(part).every(
        (reader) =>
          this.isNode(reader) &&
          this.#matrixOf(isPointwise(reader.op) ? reader.outputs[0]! : reader.inputs[0]!).columns ===
            this.#matrixOf(part).columns,
      );
    const isSplit = ({ op: reader, outputs: parts }: LoopEquation): boolean =>
      (reader === 'split' || reader === 'slice') &&
      parts.every((part) => this.parts.get(part)?.row === 0 && isReadInColumns(part));
    const readers = this.#readersOf(output);
    if (readers.length > 0 && readers.every(isSplit)) {
      this.inlined.set(output, { op: this.operationOf(equation), inputs, output });
    }
  }

  /** The op on elements of an equation's dtypes. */
  operationOf({ op, inputs, outputs }: LoopEquation): string {
    const dtypes = inputs.map((input) => this.#facts.dtypes[input]!);
    return operationOf(op, this.#facts.dtypes[outputs[0]!]!, dtypes);
  }

  #readersOf(value: number): readonly LoopEquation[] {
    return this.#readers.get(value) ?? [];
  }

  #matrixOf(value: number): Matrix {
    return matrixOf(this.#facts.shapes[value]!);
  }
}
