import { type LoopEquation, type LoopProgram, type Shape, sizeOf } from '@unroll/backend';

/** Where a value of a step lies. */
export type Storage =
  /** The same in all steps. */
  | { readonly kind: 'constant'; readonly value: number }
  /** One part for each step: given, or kept for later. The one `isAhead` begins with the second part of its value. */
  | { readonly kind: 'series' | 'kept'; readonly value: number; readonly bytes: number; readonly isAhead?: boolean }
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

/** A value, as a matrix: the last axis along the columns, all others along the rows. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
}

/** Bytes of a number: loops are compiled for float32, and int32 beside it. */
export const BYTES = 4;

export function matrixOf(shape: Shape): Matrix {
  return { rows: sizeOf(shape.slice(0, -1)), columns: shape.at(-1) ?? 1 };
}

export function isSame(a: Matrix, b: Matrix): boolean {
  return a.rows === b.rows && a.columns === b.columns;
}

/** Part of the columns or rows of another value. */
export interface Part {
  readonly of: number;
  readonly column: number;
  readonly row: number;
  /** Whether it is all of the other value, which lies without gaps, in rows of another length. */
  readonly isReshaped?: boolean;
}

/** The parts that an equation only shows, by output; undefined where numbers are computed or moved. */
export function partsOf({ op, inputs, attrs }: LoopEquation, shapes: readonly Shape[]): readonly (Part | undefined)[] {
  const of = inputs[0]!;
  const shape = shapes[of]!;
  const at = (axis: number, start: number): Part | undefined => {
    if (axis === shape.length - 1) return { of, column: start, row: 0 };
    // Neighbouring rows, unless an axis further out repeats.
    return sizeOf(shape.slice(0, axis)) === 1
      ? { of, column: 0, row: start * sizeOf(shape.slice(axis + 1, -1)) }
      : undefined;
  };
  if (op === 'detach') return [{ of, column: 0, row: 0 }];
  if (op === 'reshape') {
    const isReshaped = !isSame(matrixOf(shape), matrixOf(attrs.shape));
    return [{ of, column: 0, row: 0, ...(isReshaped ? { isReshaped } : {}) }];
  }
  if (op === 'slice') return [at(attrs.axis, attrs.start)];
  if (op !== 'split') return [];
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
  'sin',
  'cos',
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'less',
  'equal',
  'where',
  'cast',
  'broadcast',
  'accumulate',
]);

export function isPointwise(op: string): boolean {
  return POINTWISE.has(op);
}

/** Whether an op brings together all columns of each row, and nothing else. */
export function isRowReduction({ op, attrs }: LoopEquation, shape: Shape): boolean {
  return (op === 'sum' || op === 'max') && attrs.axes.length === 1 && attrs.axes[0] === shape.length - 1;
}

/** Whether each row of a result needs the same row of an operand, or the one row there is, and all or one of its columns. */
export function fits(operand: Matrix, { rows, columns }: Matrix): boolean {
  return (operand.rows === rows || operand.rows === 1) && (operand.columns === columns || operand.columns === 1);
}

/** What keeps the loop of a program from being compiled, or undefined. */
export function obstacle({ values, phases, carried }: LoopProgram): string | undefined {
  const used = [
    ...phases.loop.flatMap(({ inputs, outputs }) => [inputs, outputs]),
    ...carried.map(({ value, next }) => [value, next]),
  ];
  for (const value of used.flat()) {
    const { shape, dtype } = values[value]!;
    if (dtype === 'float64') return 'a value is float64';
    if (sizeOf(shape) === 0) return 'a value is empty';
  }
  return undefined;
}
