import { UnrollError } from '@unroll/backend';

/** @throws UnrollError SHAPE_MISMATCH unless there is one answer per reference; INVALID_ARGUMENT for tensors, which have no length */
export function checkAligned(where: string, answers: number | undefined, references: number | undefined): void {
  if (answers === undefined || references === undefined) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${where}: ${answers === undefined ? 'the predictions' : 'the references'} are no list. A tensor gives its numbers by await tensor.data().`,
    );
  }
  if (answers === references) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `${where}: ${answers} predictions for ${references} references. Pass both in the same order, one for one.`,
  );
}

/** a / b, and 0 where b is 0: the convention of conlleval and sacrebleu. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

/** 2PR / (P + R), and 0 where both are 0. */
export function harmonicMean(precision: number, recall: number): number {
  return ratio(2 * precision * recall, precision + recall);
}
