import { UnrollError } from '@unroll/backend';

/** What the code of a loop throws, for people: it ends its run at an index that there isn't, and nowhere else. */
export function explained(error: unknown): unknown {
  if (!(error instanceof Error) || !/unreachable/i.test(error.message)) return error;
  return new UnrollError(
    'INDEX_OUT_OF_RANGE',
    'gather or scatterAdd: an index in a compiled step is out of range of the rows. Check the vocabulary that made the indices.',
  );
}
