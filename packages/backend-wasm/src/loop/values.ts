import { type LoopEquation, type LoopProgram, type Shape, sizeOf } from '@unroll/backend';

/** Where a value of a step lies. */
export type Storage =
  /** The same in all steps. */
  | { readonly kind: 'constant'; readonly value: number }
  /** One part for each step: given, or kept for later. */
  | { readonly kind: 'series' | 'kept'; readonly value: number; readonly bytes: number }
  /** As the step before left it. */
  | { readonly kind: 'carried'; readonly index: number }
  /** Until the end of the step, or of the next one. */
  | { readonly kind: 'step'; readonly bytes: number; readonly handedOn: boolean }
  /** Summed over the steps. */
  | { readonly kind: 'total'; readonly value: number; readonly bytes: number };

/** Rows of numbers in a storage; distances in bytes. */
export interface View {
  readonly storage: Storage;
  readonly offset: number;
  readonly row: number;
}

/** A value, as a matrix. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
}

/** Bytes of a number: loops are compiled for float32. */
export const BYTES = 4;

export function matrixOf(shape: Shape): Matrix {
  return { rows: shape.length > 1 ? shape[0]! : 1, columns: shape.at(-1) ?? 1 };
}

/** Part of the columns or rows of another value. */
export interface Part {
  readonly of: number;
  readonly column: number;
  readonly row: number;
}

/** The parts that an equation only shows, by output; undefined if it computes or moves numbers. */
export function partsOf({ op, inputs, attrs }: LoopEquation, program: LoopProgram): readonly Part[] | undefined {
  const of = inputs[0]!;
  const { shape } = program.values[of]!;
  const at = (axis: number, start: number): Part =>
    axis === shape.length - 1 ? { of, column: start, row: 0 } : { of, column: 0, row: start };
  if (op === 'detach' || op === 'reshape') return [at(0, 0)];
  if (op === 'slice') return [at(attrs.axis, attrs.start)];
  if (op !== 'split') return undefined;
  let start = 0;
  return attrs.sizes.map((size) => {
    const part = at(attrs.axis, start);
    start += size;
    return part;
  });
}

const POINTWISE: ReadonlySet<string> = new Set([
  'neg',
  'exp',
  'log',
  'sqrt',
  'tanh',
  'sigmoid',
  'relu',
  'erf',
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'less',
  'equal',
  'where',
  'broadcast',
  'accumulate',
]);

export function isPointwise(op: string): boolean {
  return POINTWISE.has(op);
}

/** What keeps the loop of a program from being compiled, or undefined. */
export function obstacle(program: LoopProgram): string | undefined {
  const { values, phases, carried } = program;
  const used = new Set([
    ...phases.loop.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]),
    ...carried.flatMap(({ value, next }) => [value, next]),
  ]);
  for (const value of used) {
    const { shape, dtype } = values[value]!;
    if (dtype !== 'float32') return `a value is ${dtype}`;
    if (shape.length > 2) return `a value has ${shape.length} axes`;
    if (sizeOf(shape) === 0) return 'a value is empty';
  }
  for (const equation of phases.loop) {
    const { op, inputs, outputs } = equation;
    if (isPointwise(op) || op === 'matmul' || op === 'detach' || op === 'split' || op === 'slice') continue;
    const [from, to] = [values[inputs[0]!]!.shape, values[outputs[0]!]!.shape];
    if (op === 'reshape') {
      const [a, b] = [matrixOf(from), matrixOf(to)];
      if (a.rows === b.rows && a.columns === b.columns) continue;
    }
    if (op === 'concat' && to.length > 0) continue;
    return `${op} is not compiled`;
  }
  return undefined;
}
