import type { LoopProgram } from '@unroll/backend';
import { i32 } from '../assembler/instructions.ts';
import type { I32, Local } from '../assembler/value.ts';
import type { BatchRole, BatchSplit, Unsplittable } from './batch.ts';
import type { Schedule } from './schedule.ts';

/** The role of a value of a schedule, which has more values than its program: copies of parts. */
function roleOf(program: LoopProgram, schedule: Schedule, { roles }: BatchSplit, value: number): BatchRole {
  if (value < program.values.length) return roles[value] ?? 'same';
  const part = schedule.parts.get(value);
  if (part) return roleOf(program, schedule, { batch: 0, roles }, part.of);
  for (const action of schedule.actions) {
    if ('product' in action) continue;
    const node = action.passes.flatMap(({ nodes }) => nodes).find(({ output }) => output === value);
    if (!node) continue;
    const found = node.inputs.map((input) => roleOf(program, schedule, { batch: 0, roles }, input));
    return found.find((role) => role !== 'same') ?? 'same';
  }
  return 'same';
}

/** The number of rows of a value in a part of the batch that has so many sequences. */
export function rowsIn(
  program: LoopProgram,
  schedule: Schedule,
  split: BatchSplit | undefined,
  value: number,
  sequences: Local<'i32'>,
): I32 {
  const { rows } = schedule.matrices[value]!;
  const hasRows = split && roleOf(program, schedule, split, value) === 'rows';
  return rowsOfPart(rows, hasRows ? split : undefined, sequences);
}

/** So many rows in the whole batch, as they are in a part of it that has so many sequences. */
export function rowsOfPart(rows: number, split: BatchSplit | undefined, sequences: Local<'i32'>): I32 {
  if (!split) return i32.const(rows);
  const each = rows / split.batch;
  return each === 1 ? sequences : i32.mul(sequences, i32.const(each));
}

/** Why a schedule can't run on a part of the batch although its program could, or nothing. */
export function whyMixed({ actions }: Schedule, { batch }: BatchSplit): Unsplittable | undefined {
  for (const action of actions) {
    if ('product' in action) continue;
    for (const pass of action.passes) {
      const rows = pass.kind === 'rows' ? pass.rows : pass.lengths[0]!;
      if (pass.isBatched && rows % batch !== 0) return { reason: 'the rows of a value are not those of the batch' };
    }
  }
  return undefined;
}
