import { describe, expect, it } from 'vitest';
import { IndexError, thrownInStep } from './index-error.ts';

const bad = { op: 'gather', index: 9, position: 7, rows: 5 };

describe('IndexError', () => {
  it('names the index, its position and the rows that there are', () => {
    const error = new IndexError(bad);
    expect(error).toMatchObject({ name: 'UnrollError', code: 'INDEX_OUT_OF_RANGE' });
    expect(error.message).toBe(
      'gather: index 9 at position 7 is out of range: there are 5 rows, 0 to 4. Check the vocabulary that made the indices.',
    );
    expect(new IndexError({ ...bad, rows: 0 }).message).toContain('there are no rows');
  });

  it('tells of a step, and of one of many', () => {
    expect(new IndexError(bad).inStep(3).message).toContain('at position 7 of step 3 is');
    expect(new IndexError({ ...bad, step: 2 }).inStep(3).message).toContain('at position 7 of step 5 is');
    expect(new IndexError(bad).overSteps(3).message).toContain('at position 1 of step 2 is');
  });

  it('is told with its step, other errors as they are', () => {
    expect(thrownInStep(4, new IndexError(bad))).toMatchObject({ message: expect.stringContaining('of step 4') });
    const other = new Error('other');
    expect(thrownInStep(4, other)).toBe(other);
  });
});
