import { type SamplingOptions, samplingDistribution } from '@unroll/architectures';
import { Stream } from '@unroll/cells';
import type { Vocabulary } from '@unroll/data';
import { type Rng, UnrollError, scope, tensor } from '@unroll/tensor';
import type { CharacterModel } from './config.ts';
import type { CharRnnState } from './model.ts';

export interface ConversationOptions extends Pick<CharacterModel, 'model' | 'vocabulary'> {
  /** Chooses the characters: the same seed and the same talk, the same replies. */
  readonly rng: Rng;
}

export interface ReplyOptions extends SamplingOptions {
  /** Characters at most. */
  readonly length: number;
  /** Ends the reply before a text that holds this: an empty line, say. Default: nothing does. */
  readonly until?: string;
  /** Ends it after the character that is under way. */
  readonly signal?: AbortSignal | undefined;
}

/** Characters that are read at a stretch. */
const STRETCH = 256;
/** Milliseconds of writing after which timers and input get a turn. */
const TURN = 50;

/**
 * A talk with a model: what it reads and what it writes are one text, and the state goes on through all of it.
 *
 *     conversation.read('Once there was a clock.\n');
 *     for await (const character of conversation.write({ length: 200, until: '\n\n' })) show(character);
 */
export class Conversation {
  readonly #stream: Stream<CharRnnState>;
  readonly #vocabulary: Vocabulary;
  readonly #rng: Rng;
  /** What may come next; undefined before anything is read. */
  #logits: Float64Array | undefined;

  constructor({ model, vocabulary, rng }: ConversationOptions) {
    this.#stream = new Stream({ cell: model.stepwise() });
    this.#vocabulary = vocabulary;
    this.#rng = rng;
  }

  /** Which characters the model does not know, and how often they occurred: it reads them as unknown. */
  read(text: string): ReadonlyMap<string, number> {
    const { ids: tokens, unknowns } = this.#vocabulary.encodeWithUnknowns(text);
    for (let start = 0; start < tokens.length; start += STRETCH) this.#take(tokens.subarray(start, start + STRETCH));
    return unknowns;
  }

  /**
   * What the model writes next, character by character; it reads it itself. Before anything was read it begins as after an empty line.
   * @throws UnrollError INVALID_ARGUMENT if an option is out of range
   */
  async *write({ length, until, signal, ...sampling }: ReplyOptions): AsyncGenerator<string, void, undefined> {
    if (!this.#logits) this.#begin();
    let turn = performance.now();
    let written = '';
    for (let i = 0; i < length; i++) {
      if (signal?.aborted === true) return;
      const token = this.#rng.categorical(samplingDistribution(this.#allowed(), sampling));
      this.#take(Int32Array.of(token));
      const character = this.#vocabulary.tokenOf(token);
      if (until !== undefined && (written + character).endsWith(until)) return;
      written += character;
      yield character;
      if (performance.now() - turn < TURN) continue;
      await new Promise((resolve) => setTimeout(resolve, 0));
      turn = performance.now();
    }
  }

  /** Forgets all that was said. */
  reset(): void {
    this.#stream.reset();
    this.#logits = undefined;
  }

  /** Gives all memory back. */
  dispose(): void {
    this.#stream.dispose();
    this.#logits = undefined;
  }

  #begin(): void {
    const { size, specials } = this.#vocabulary;
    if (size === specials.length) {
      throw new UnrollError('INVALID_ARGUMENT', 'Conversation: the vocabulary has no characters.');
    }
    if (this.#vocabulary.has('\n')) this.read('\n\n');
    else this.#take(Int32Array.of(specials.length + this.#rng.integer(size - specials.length)));
  }

  #take(tokens: Int32Array): void {
    this.#logits = scope(() => {
      const xs = tensor(tokens, { shape: [1, tokens.length, 1] });
      return Float64Array.from(
        this.#stream
          .read(xs)
          .slice(1, tokens.length - 1, 1)
          .dataSync(),
      );
    });
  }

  /** "Unknown" and other special tokens are nothing to write. */
  #allowed(): Float64Array {
    const specials = this.#vocabulary.specials.length;
    return this.#logits!.map((logit, id) => (id < specials ? -Infinity : logit));
  }
}
