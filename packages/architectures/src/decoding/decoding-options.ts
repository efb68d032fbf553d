import { UnrollError } from '@unroll/backend';
import type { State } from '@unroll/cells';
import type { TensorTree } from '@unroll/tensor';
import type { TokenConstraint } from './token-constraint.ts';
import type { TokenModel } from './token-model.ts';

/** What every way of decoding takes. */
export interface DecodingOptions<M extends TensorTree, S extends State> {
  /**
   * `languageModel({ cell, state })` or `sourceModel(decoder, source)`, or a function that makes one: then all that it computes, the encoder's
   * outputs included, is freed by the search, and nothing is left to be disposed.
   */
  readonly model: TokenModel<M, S> | (() => TokenModel<M, S>);
  /** The token that is read before the first one is chosen. */
  readonly start: number;
  /** The token that ends a sequence. */
  readonly end: number;
  /** The most tokens, the end token included. */
  readonly maxLength: number;
  /** The fewest tokens, the end token included: it does not come before. Default 1. */
  readonly minLength?: number;
  /** `forbiddenTokens`, `allowedTokens`, `noRepeatedNgrams`, or functions of one's own, each in turn. Default: none. */
  readonly constraints?: readonly TokenConstraint[];
  /** Ends the decoding, with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws UnrollError INVALID_ARGUMENT */
export function checkLengths(who: string, minLength: number, maxLength: number): void {
  for (const [name, value] of Object.entries({ maxLength, minLength })) checkCount(who, name, value);
  if (minLength <= maxLength) return;
  throw new UnrollError('INVALID_ARGUMENT', `${who}: minLength ${minLength} is above maxLength ${maxLength}.`);
}

/** @throws UnrollError INVALID_ARGUMENT unless it is an integer from 1 on */
export function checkCount(who: string, name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new UnrollError('INVALID_ARGUMENT', `${who}: ${name} is ${value}; give an integer from 1 on.`);
}
