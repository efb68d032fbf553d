import type { RecurrentCell } from '../cell.ts';

const announced = new WeakSet<RecurrentCell>();

/** Says once for each cell that it runs step by step, which is slower, and why. */
export function announceStepByStep(cell: RecurrentCell, reason: string): void {
  if (announced.has(cell)) return;
  announced.add(cell);
  const { name } = cell.constructor;
  console.warn(
    `scan: a ${name === 'Object' ? 'cell' : name} runs step by step, because ${reason}. The results are the same.`,
  );
}
