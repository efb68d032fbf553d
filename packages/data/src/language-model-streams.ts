import { type Backend, UnrollError, checkGiven } from '@unroll/backend';
import { type Tensor, tensor } from '@unroll/tensor';
import { checkCount, checkTokenArray } from './checks.ts';
import type { TokenArray } from './token-array.ts';

export interface LanguageModelStreamsOptions {
  /** The number of streams. */
  readonly batch: number;
  /** Steps per chunk. */
  readonly time: number;
  /** Ends a pass with a shorter chunk where the streams do not divide by `time`, for evaluation. Default: that rest is left out. */
  readonly keepLast?: boolean;
  /** Default: the active backend. */
  readonly backend?: Backend;
}

/** The next tokens of every stream. */
export interface StreamChunk {
  /** int32 [batch, time]. */
  readonly inputs: Tensor;
  /** int32 [batch, time]: the token after each input. */
  readonly targets: Tensor;
  /** The number of chunks before this one, over all passes. `chunkAt(position + 1)` follows. */
  readonly position: number;
  /** The streams start over: the state of the chunk before does not belong to this one. */
  readonly startsNewPass: boolean;
}

/**
 * A text cut into `batch` streams that lie one after the other in it, for truncated backpropagation: row b of each chunk goes on where
 * row b of the chunk before stopped, so the state may be carried. With N tokens a stream has L = ⌊(N − 1) / batch⌋ steps; stream b
 * reads tokens b·L … b·L + L − 1 and predicts b·L + 1 … b·L + L. Fewer than `batch` tokens at the end of the text are not used.
 *
 * Iterating gives one pass. `chunkAt` gives any chunk of endless passes, so a program that saved its position continues exactly.
 * Tensors are made when a chunk is asked for, in the scope that is open then.
 *
 * Source: the batching of char-rnn (Karpathy 2015).
 * @throws UnrollError INVALID_ARGUMENT if the text is too short for one chunk
 */
export function languageModelStreams(tokens: TokenArray, options: LanguageModelStreamsOptions): LanguageModelStreams {
  return new LanguageModelStreams(tokens, options);
}

/** What `languageModelStreams` makes. */
export class LanguageModelStreams implements Iterable<StreamChunk> {
  readonly batch: number;
  readonly time: number;
  /** Steps of one stream in one pass, L. */
  readonly streamLength: number;
  /** Chunks of one pass. */
  readonly chunksPerPass: number;
  readonly #tokens: TokenArray;
  readonly #backend: Backend | undefined;

  constructor(tokens: TokenArray, { batch, time, keepLast = false, backend }: LanguageModelStreamsOptions) {
    checkGiven('languageModelStreams', { tokens });
    checkTokenArray('languageModelStreams', tokens);
    checkCount('languageModelStreams', 'batch', batch);
    checkCount('languageModelStreams', 'time', time);
    this.batch = batch;
    this.time = time;
    this.streamLength = Math.max(0, Math.floor((tokens.length - 1) / batch));
    this.chunksPerPass = keepLast ? Math.ceil(this.streamLength / time) : Math.floor(this.streamLength / time);
    this.#tokens = tokens;
    this.#backend = backend;
    if (this.chunksPerPass > 0) return;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `languageModelStreams: ${tokens.length} tokens are too few for ${batch} streams of ${keepLast ? 1 : time} steps: ` +
        `${batch * (keepLast ? 1 : time) + 1} are needed. Use more text, a smaller batch or a shorter time.`,
    );
  }

  /**
   * The chunk at a position counted over all passes, from 0 on.
   * @throws UnrollError INVALID_ARGUMENT if the position is no integer from 0 on
   */
  chunkAt(position: number): StreamChunk {
    checkCount('languageModelStreams: chunkAt', 'position', position, 0);
    const start = (position % this.chunksPerPass) * this.time;
    const time = Math.min(this.time, this.streamLength - start);
    return {
      inputs: this.#rows(start, time),
      targets: this.#rows(start + 1, time),
      position,
      startsNewPass: start === 0,
    };
  }

  /** One pass over the text. */
  *[Symbol.iterator](): Generator<StreamChunk, void, undefined> {
    for (let position = 0; position < this.chunksPerPass; position++) yield this.chunkAt(position);
  }

  #rows(start: number, time: number): Tensor {
    const rows = new Int32Array(this.batch * time);
    for (let row = 0; row < this.batch; row++) {
      const from = row * this.streamLength + start;
      rows.set(this.#tokens.subarray(from, from + time), row * time);
    }
    return tensor(rows, { shape: [this.batch, time], ...(this.#backend && { backend: this.#backend }) });
  }
}
