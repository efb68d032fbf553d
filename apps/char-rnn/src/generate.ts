import { type SamplingOptions, samplingDistribution } from '@unroll/architectures';
import { disposeState } from '@unroll/cells';
import type { Vocabulary } from '@unroll/data';
import { type Rng, UnrollError, scope, tensor } from '@unroll/tensor';
import type { CharRnn, CharRnnState } from './model.ts';

export interface GenerateOptions extends SamplingOptions {
  readonly model: CharRnn;
  readonly vocabulary: Vocabulary;
  /** What the text begins with; the model reads it and goes on from there. Characters that it does not know count as unknown. */
  readonly prime?: string;
  /** How many characters to write. */
  readonly length: number;
  /** Chooses the characters: the same seed, the same text. */
  readonly rng: Rng;
}

/**
 * Text by a model, character by character, without the prime. Without a prime it begins as after an empty line, or with any
 * character if the model knows no line breaks. Memory stays flat however long the text is, and an abandoned iterator frees its own.
 * @throws UnrollError INVALID_ARGUMENT if an option is out of range
 */
export async function* generate(options: GenerateOptions): AsyncGenerator<string, void, undefined> {
  const { model, vocabulary, prime = '', length, rng } = options;
  const reader = new Reader(model);
  try {
    let logits = await reader.read(primeTokens(vocabulary, prime));
    for (let written = 0; written < length; written++) {
      const token = logits ? drawToken(logits, options) : anyToken(vocabulary, rng);
      yield vocabulary.tokenOf(token);
      logits = await reader.read(Int32Array.of(token));
    }
  } finally {
    reader.dispose();
  }
}

/** A model in the middle of a text. */
class Reader {
  readonly #model: CharRnn;
  #state: CharRnnState | undefined;

  constructor(model: CharRnn) {
    this.#model = model;
  }

  /** Goes on with these characters; gives the logits of the next one, or undefined if nothing was read. */
  async read(tokens: Int32Array): Promise<ArrayLike<number> | undefined> {
    const time = tokens.length;
    if (time === 0) return undefined;
    const before = this.#state;
    const { last, state } = scope(() => {
      const [logits, state] = this.#model.forward(tensor(tokens, { shape: [1, time] }), { state: before });
      return { last: logits.slice(1, time - 1, 1), state };
    });
    this.dispose();
    this.#state = state;
    try {
      return await last.data();
    } finally {
      last.dispose();
    }
  }

  dispose(): void {
    if (this.#state) disposeState(this.#state);
    this.#state = undefined;
  }
}

function drawToken(logits: ArrayLike<number>, { vocabulary, rng, ...options }: GenerateOptions): number {
  const { temperature, topK, topP } = options;
  // "Unknown" and other special tokens are nothing to write.
  const allowed = Float64Array.from(logits, (logit, id) => (id < vocabulary.specials.length ? -Infinity : logit));
  return rng.categorical(samplingDistribution(allowed, { temperature, topK, topP }));
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
