import { expect, it } from 'vitest';
import { checkGiven } from './check-given.ts';

it('what is missing is named, all of it, with who misses it', () => {
  expect(() => checkGiven('Residual', { cell: undefined })).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: 'Residual: cell is missing; it has no default. Is the name spelt right?',
    }),
  );
  expect(() => checkGiven('A', { a: 0, b: null, c: undefined, d: undefined })).toThrow(
    'A: b, c and d are missing; they',
  );
  expect(() => checkGiven('A', { a: 0, b: '', c: false, d: NaN })).not.toThrow();
});
