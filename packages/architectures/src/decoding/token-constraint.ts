import { UnrollError } from '@unroll/tensor';

/** The next token of a hypothesis, before it is chosen. */
export interface NextToken {
  /** By token. A constraint sets what must not come to −∞, or lowers it; what it raises counts as 0 at most in a beam search. */
  readonly logProbabilities: Float64Array;
  /** What was chosen so far, without the start. */
  readonly prefix: readonly number[];
  /** Which of the model's inputs it is about. */
  readonly input: number;
}

/** Restricts which token may come next. Probabilities are not shared out anew: scores stay those of the model. */
export type TokenConstraint = (next: NextToken) => void;

/** Only the tokens that a function allows, given what was chosen so far: the words of a dictionary, the moves of a grammar. */
export function allowedTokens(
  allowed: (prefix: readonly number[], input: number) => Iterable<number>,
): TokenConstraint {
  return ({ logProbabilities, prefix, input }) => {
    const kept = Array.from(allowed(prefix, input), (token) => [token, logProbabilities[token]] as const);
    logProbabilities.fill(-Infinity);
    for (const [token, value] of kept) {
      if (value === undefined) throw notInVocabulary('allowedTokens', token, logProbabilities.length);
      logProbabilities[token] = value;
    }
  };
}

/** Never these tokens: padding, the start symbol, unknown words. */
export function forbiddenTokens(tokens: readonly number[]): TokenConstraint {
  return ({ logProbabilities }) => {
    for (const token of tokens) {
      if (!(token in logProbabilities)) throw notInVocabulary('forbiddenTokens', token, logProbabilities.length);
      logProbabilities[token] = -Infinity;
    }
  };
}

/**
 * No run of `size` tokens twice (Paulus, Xiong & Socher 2018).
 * @throws UnrollError INVALID_ARGUMENT unless the size is an integer from 1 on
 */
export function noRepeatedNgrams({ size }: { readonly size: number }): TokenConstraint {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `noRepeatedNgrams: the size is ${size}; give an integer from 1 on, say 3.`,
    );
  }
  return ({ logProbabilities, prefix }) => {
    const head = prefix.length - size + 1;
    for (let start = 0; start < head; start++) {
      let same = 0;
      while (same < size - 1 && prefix[start + same] === prefix[head + same]) same++;
      if (same === size - 1) logProbabilities[prefix[start + same]!] = -Infinity;
    }
  };
}

function notInVocabulary(who: string, token: number, vocabulary: number): UnrollError {
  return new UnrollError(
    'INDEX_OUT_OF_RANGE',
    `${who}: token ${token} is not in the vocabulary of ${vocabulary}. Tokens are integers from 0 on.`,
  );
}
