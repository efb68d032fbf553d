import { type Formula, type Pointwise, formulas, integerFormulas, toFloat, toInteger } from '../ops/formulas.ts';

/** How an operation is written; whether its text names operands more than once. */
export interface LoopFormula {
  readonly text: Formula;
  readonly repeats: boolean;
}

const ONCE: ReadonlySet<string> = new Set(['neg', 'sqrt', 'add', 'sub', 'mul', 'div', 'less', 'equal', 'where']);

/** Of operations on floats by the names of their primitives, on integers with `int32 ` before it. */
export function formulaOf(op: string): LoopFormula {
  if (op === 'to int32') return { text: toInteger, repeats: true };
  if (op === 'to float32') return { text: toFloat, repeats: true };
  const [name, isInteger] = op.startsWith(INT32) ? [op.slice(INT32.length), true] : [op, false];
  const text = (isInteger && integerFormulas[name as Pointwise]) || formulas[name as Pointwise];
  return { text, repeats: isInteger || !ONCE.has(name) };
}

/** What the names of operations on integers begin with. */
export const INT32 = 'int32 ';
