import { type LoopProgram, type Shape, sameShape } from '@unroll/backend';
import type { Definition } from './elements.ts';

/** What a value costs that a kernel computes. */
export interface Facts {
  /** The values that it reads. */
  readonly reads: readonly number[];
  /** Whether a product has to be computed. */
  readonly isHeavy: boolean;
  /** Values that had better be stored first, as a loop would compute them again and again. */
  readonly dear: readonly number[];
}

/** What a step makes, hands on and leaves, without what only shows another value. */
export class StepGraph {
  readonly program: LoopProgram;
  readonly definitions: ReadonlyMap<number, Definition>;
  /** Values of the step that something reads when the loop has ended. */
  readonly kept: readonly number[];
  /** Sums over the steps, and what is summed. */
  readonly totals: readonly { readonly total: number; readonly term: number }[];
  /** The order in which the program makes values. */
  readonly order: ReadonlyMap<number, number>;
  /** What is known of values, by what is stored of what they are made of. */
  readonly facts: Map<string, Facts> = new Map();
  readonly #carried: ReadonlySet<number>;
  readonly #series: ReadonlySet<number>;

  constructor(program: LoopProgram) {
    this.program = program;
    const { phases, outputs, carried } = program;
    const definitions = new Map<number, Definition>();
    for (const equation of phases.loop) {
      if (equation.op === 'accumulate') continue;
      for (const [index, output] of equation.outputs.entries()) definitions.set(output, { equation, index });
    }
    this.definitions = definitions;
    this.order = new Map([...definitions.keys()].map((value, i) => [value, i]));
    this.#series = new Set([...program.inputs.series, ...phases.before.flatMap(({ outputs: made }) => [...made])]);
    this.#carried = new Set(carried.map(({ value }) => value));
    const readLater = [...phases.after, ...phases.totals].flatMap(({ inputs }) => [...inputs]);
    this.kept = [...new Set([...readLater, ...outputs.series])].filter(
      (value) => definitions.has(value) || this.#carried.has(value),
    );
    this.totals = phases.loop.flatMap(({ op, inputs, outputs: made }) =>
      op === 'accumulate' ? [{ total: made[0]!, term: inputs[0]! }] : [],
    );
  }

  shapeOf(value: number): Shape {
    return this.program.values[value]!.shape;
  }

  isFloat(value: number): boolean {
    return this.program.values[value]!.dtype !== 'int32';
  }

  isMade(value: number): boolean {
    return this.definitions.has(value);
  }

  /** Whether a value is given for each step. */
  isSeries(value: number): boolean {
    return this.#series.has(value);
  }

  isCarried(value: number): boolean {
    return this.#carried.has(value);
  }

  /** The value that holds the same numbers in the same order, and is not shown by another. */
  rootOf(value: number): number {
    const equation = this.definitions.get(value)?.equation;
    if (equation?.op === 'detach' || equation?.op === 'reshape') return this.rootOf(equation.inputs[0]!);
    return value;
  }

  /** The values to store so that a value can be read: its root, or the parts that it is put together of, if all are alike. */
  piecesOf(value: number): readonly number[] {
    const root = this.rootOf(value);
    const equation = this.definitions.get(root)?.equation;
    if (equation?.op !== 'concat') return [root];
    const pieces = equation.inputs.flatMap((input) => [...this.piecesOf(input)]);
    const shape = this.shapeOf(pieces[0]!);
    const areAlike = pieces.every((piece) => this.isMade(piece) && sameShape(this.shapeOf(piece), shape));
    const isSeen = equation.inputs.every((input) => this.#isInPieces(input, equation.attrs.axis));
    return areAlike && isSeen && pieces.length <= MOST_PIECES ? pieces : [root];
  }

  /** Whether a value is not put together along another axis, or in another shape, than what it is a part of. */
  #isInPieces(value: number, axis: number): boolean {
    const equation = this.definitions.get(value)?.equation;
    if (equation?.op === 'detach') return this.#isInPieces(equation.inputs[0]!, axis);
    if (equation?.op === 'concat') {
      return equation.attrs.axis === axis && equation.inputs.every((input) => this.#isInPieces(input, axis));
    }
    return equation?.op !== 'reshape';
  }

  /** What has to be stored so that an operand of a reduction lies in memory: the values that what is only moved comes from. */
  movedFrom(value: number): readonly number[] {
    const equation = this.definitions.get(value)?.equation;
    if (!equation) return [];
    if (equation.op === 'concat') return equation.inputs.flatMap((input) => [...this.movedFrom(input)]);
    return MOVES.has(equation.op) ? this.movedFrom(equation.inputs[0]!) : [value];
  }
}

/** As many as the kernel takes that puts them together after all. */
const MOST_PIECES = 7;

const MOVES: ReadonlySet<string> = new Set([
  'detach',
  'reshape',
  'transpose',
  'reverse',
  'slice',
  'split',
  'broadcast',
  'pad',
]);
