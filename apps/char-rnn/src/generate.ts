import { type ChooseToken, type SamplingOptions, generate as generateTokens, sampled } from '@unroll/architectures';
import type { Vocabulary } from '@unroll/data';
import { type Rng, UnrollError } from '@unroll/tensor';
import type { CharRnn } from './model.ts';

export interface GenerateOptions extends SamplingOptions {
  readonly model: CharRnn;
  readonly vocabulary: Vocabulary;
  /** What the text begins with; the model reads it and goes on from there. Characters that it does not know count as unknown. */
  readonly prime?: string;
  /** How many characters to write. */
  readonly length: number;
  /** Chooses the characters: the same seed, the same text. */
  readonly rng: Rng;
  /** Ends the writing, with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Text by a model, character by character, without the prime. Without a prime it begins as after an empty line, or with any
 * character if the model knows no line breaks. Memory stays flat however long the text is, and an abandoned iterator frees its own.
 * @throws UnrollError INVALID_ARGUMENT if an option is out of range; the reason of the signal
 */
export async function* generate(options: GenerateOptions): AsyncGenerator<string, void, undefined> {
  const { model, vocabulary, prime = '', length, rng, signal } = options;
  if (length === 0) return;
  let prompt = primeTokens(vocabulary, prime);
  let rest = length;
  if (prompt.length === 0) {
    prompt = Int32Array.of(anyToken(vocabulary, rng));
    yield vocabulary.tokenOf(prompt[0]!);
    rest--;
  }
  const cell = model.stepwise();
  const choose = drawing(options);
  for await (const token of generateTokens({ cell, prompt, length: rest, choose, signal })) {
    yield vocabulary.tokenOf(token);
  }
}

function drawing({ vocabulary, rng, temperature, topK, topP }: GenerateOptions): ChooseToken {
  const specials = vocabulary.specials.length;
  const draw = sampled({ rng, temperature, topK, topP });
  // "Unknown" and other special tokens are nothing to write.
  return (logits) => draw(Float64Array.from(logits, (logit, id) => (id < specials ? -Infinity : logit)));
}

function primeTokens(vocabulary: Vocabulary, prime: string): Int32Array {
  if (prime !== '') return vocabulary.encode(prime);
  return vocabulary.encode(vocabulary.has('\n') ? '\n\n' : '');
}

function anyToken(vocabulary: Vocabulary, rng: Rng): number {
  const specials = vocabulary.specials.length;
  if (vocabulary.size > specials) return specials + rng.integer(vocabulary.size - specials);
  throw new UnrollError('INVALID_ARGUMENT', 'generate: the vocabulary has no characters.');
}
