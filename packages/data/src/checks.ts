import { UnrollError } from '@unroll/backend';

/** @throws UnrollError INVALID_ARGUMENT unless `value` is an integer from `least` on */
export function checkCount(where: string, name: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UnrollError('INVALID_ARGUMENT', `${where}: ${name} is ${value}; it must be an integer from ${least} on.`);
}

/** @throws UnrollError INVALID_ARGUMENT unless 0 ≤ least ≤ most, both integers */
export function checkRange(where: string, least: number, most: number): void {
  if (Number.isSafeInteger(least) && Number.isSafeInteger(most) && least >= 0 && least <= most) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${where}: lengths from ${least} to ${most} are no range: integers from 0 on are needed, the smaller one first.`,
  );
}
