import { UnrollError } from './errors.ts';

/**
 * That what has no default was given: `checkGiven('Residual', { cell })`. What was forgotten or misspelt is undefined, which plain JavaScript
 * does not notice until something is looked up in it.
 * @throws UnrollError INVALID_ARGUMENT naming who misses what
 */
export function checkGiven(who: string, given: Readonly<Record<string, unknown>>): void {
  const missing = Object.keys(given).filter((name) => given[name] === undefined || given[name] === null);
  if (missing.length === 0) return;
  const names = [missing.slice(0, -1).join(', '), missing.at(-1)].filter((part) => part !== '').join(' and ');
  const are = missing.length === 1 ? 'is missing; it has' : 'are missing; they have';
  throw new UnrollError('INVALID_ARGUMENT', `${who}: ${names} ${are} no default. Is the name spelt right?`);
}
