import { UnrollError } from '@unroll/backend';

const OF_A_TENSOR = 'A tensor gives its numbers by await tensor.data().';

/** @throws UnrollError SHAPE_MISMATCH unless there is one answer per reference; INVALID_ARGUMENT for tensors, which have no length */
export function checkAligned(where: string, answers: number | undefined, references: number | undefined): void {
  if (answers === undefined || references === undefined) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${where}: ${answers === undefined ? 'the predictions' : 'the references'} are no list. ${OF_A_TENSOR}`,
    );
  }
  if (answers === references) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `${where}: ${answers} predictions for ${references} references. Pass both in the same order, one for one.`,
  );
}

/**
 * As `checkAligned`, for lists of texts or of sequences, where one alone may be given.
 * @throws UnrollError SHAPE_MISMATCH unless there is one answer per reference; INVALID_ARGUMENT for a text or a tensor
 */
export function checkLists(where: string, answers: ArrayLike<unknown>, references: ArrayLike<unknown>): void {
  for (const [name, given] of Object.entries<unknown>({ predictions: answers, references })) {
    if (typeof given !== 'string') continue;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `${where}: the ${name} are a text, no list. One alone goes into a list, too.`,
    );
  }
  checkAligned(where, answers.length, references.length);
}

/** @throws UnrollError SHAPE_MISMATCH unless the mask has an element per reference; INVALID_ARGUMENT for a tensor, which has no length */
export function checkMask(where: string, length: number | undefined, references: number): void {
  if (length === references) return;
  throw length === undefined
    ? new UnrollError('INVALID_ARGUMENT', `${where}: the mask is no list. ${OF_A_TENSOR}`)
    : new UnrollError('SHAPE_MISMATCH', `${where}: the mask has ${length} elements for ${references} predictions.`);
}

/** a / b, and 0 where b is 0: the convention of conlleval and sacrebleu. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

/** 2PR / (P + R), and 0 where both are 0. */
export function harmonicMean(precision: number, recall: number): number {
  return ratio(2 * precision * recall, precision + recall);
}
