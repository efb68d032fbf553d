import { type LoopEquation, type LoopProgram, IndexError, sizeOf } from '@unroll/backend';
import type { FunctionBuilder } from '../assembler/function-builder.ts';
import { i32, store } from '../assembler/instructions.ts';
import type { I32, Local } from '../assembler/value.ts';
import type { Pass } from './actions.ts';
import type { LoopModule } from './loop-module.ts';
import { BYTES } from './values.ts';

/**
 * Words of the table in which the code of a loop leaves why it ended its run: the value that it was about to make, plus 1; the index that
 * there isn't, and its position among those of the step; and how many steps were left.
 */
export const FAILURE_WORDS = 4;
const [MADE, INDEX, POSITION, LEFT] = [0, 1, 2, 3].map((word) => word * BYTES) as [number, number, number, number];

const INDEXED: ReadonlySet<Pass['kind']> = new Set(['gather', 'scatterAdd']);

/** Whether a pass looks rows up by indices, and so may end the run. */
export function mayFail(pass: Pass): boolean {
  return INDEXED.has(pass.kind);
}

/** Notes how many steps are left, this one included. */
export function emitStepsLeft(f: FunctionBuilder, words: I32, left: I32): void {
  f.do(store.i32(words, left, LEFT));
}

/** What went wrong. */
export interface EmittedFailure {
  readonly made: number;
  readonly index: Local<'i32'>;
  readonly position: I32;
}

/** Ends the run. */
export function emitFailure(f: FunctionBuilder, words: I32, { made, index, position }: EmittedFailure): void {
  f.do(store.i32(words, i32.const(made + 1), MADE));
  f.do(store.i32(words, index, INDEX));
  f.do(store.i32(words, position, POSITION));
  f.unreachable();
}

/** A part of the batch that has run, or failed. */
export interface FailedPart {
  /** Address of its table. */
  readonly table: number;
  /** Its first sequence. */
  readonly first: number;
}

/** What the code of a loop threw, for people: it ends its run at an index that there isn't, and nowhere else. The words are cleared. */
export function explained(
  error: unknown,
  { program, driver, split }: Pick<LoopModule, 'program' | 'driver' | 'split'>,
  memory: Int32Array,
  time: number,
  parts: readonly FailedPart[],
): unknown {
  if (!(error instanceof Error) || !/unreachable/i.test(error.message)) return error;
  const failures = parts.flatMap(({ table, first }) => {
    const at = (table + driver.failure!) / BYTES;
    const [made, index, position, left] = [MADE, INDEX, POSITION, LEFT].map((word) => memory[at + word / BYTES]!) as [
      number,
      number,
      number,
      number,
    ];
    memory.fill(0, at, at + FAILURE_WORDS);
    const equation = program.phases.loop.find(({ outputs }) => outputs.includes(made - 1));
    if (!equation) return [];
    const indices = equation.inputs[1]!;
    const perSequence = 'batch' in split && split.roles[indices] === 'rows' ? first / split.batch : 0;
    const before = perSequence * sizeOf(program.values[indices]!.shape);
    return [{ equation, index, position: position + before, left }];
  });
  // Parts fail each at a place of its own: the first one counts.
  const [failure] = failures.toSorted((a, b) => b.left - a.left || a.position - b.position);
  if (!failure) return error;
  const { equation, index, position, left } = failure;
  const step = program.reversed ? left - 1 : time - left;
  return new IndexError({ op: equation.op, index, position, step, rows: rowsOf(program, equation) });
}

/** The rows that an index may name. */
function rowsOf({ values }: LoopProgram, { op, inputs, outputs }: LoopEquation): number {
  return values[op === 'gather' ? inputs[0]! : outputs[0]!]!.shape[0]!;
}
