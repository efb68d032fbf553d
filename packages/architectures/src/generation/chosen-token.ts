import { UnrollError } from '@unroll/backend';
import type { ChooseToken } from './choose-token.ts';

/**
 * The token that was chosen by these logits; what plain JavaScript gives for `choose` may give anything.
 * @throws UnrollError INVALID_ARGUMENT unless it is a whole number from 0 on; what `choose` throws
 */
export function chosenToken(who: string, choose: ChooseToken, logits: ArrayLike<number>): number {
  const token: unknown = choose(logits);
  if (typeof token === 'number' && Number.isInteger(token) && token >= 0) return token;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${who}: choose gave ${described(token)}, no token; it must give one, and without waiting. What makes it is to be called: choose: greedy().`,
  );
}

function described(given: unknown): string {
  if (typeof given === 'function') return 'a function';
  if (typeof given === 'object' && given !== null) return 'then' in given ? 'a promise' : 'an object';
  return typeof given === 'string' ? JSON.stringify(given) : String(given);
}
