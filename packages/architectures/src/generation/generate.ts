import { UnrollError } from '@unroll/backend';
import { type RecurrentCell, type State, Stream } from '@unroll/cells';
import { type Tensor, scope, tensor } from '@unroll/tensor';
import type { ChooseToken } from './choose-token.ts';

/** What is to be written, and how. */
export interface GenerateOptions<S extends State> {
  /** Token in, logits out: a `LanguageModelCell`, or any cell whose x is int32 [batch, 1] and whose y are logits. */
  readonly cell: RecurrentCell<S>;
  /** What has been read before the first token: at least one. */
  readonly prompt: ArrayLike<number>;
  /** How many tokens to write. Default: no end. */
  readonly length?: number;
  /** `greedy()`, `sampled({ rng, temperature, topK, topP })`, or a function from logits to a token. */
  readonly choose: ChooseToken;
  /** The state before the prompt. Stays the caller's. Default: the cell's initial state. */
  readonly state?: S | undefined;
  /** Ends the writing, with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/** So many milliseconds are written at a stretch before other work of the program gets a turn. */
const STRETCH = 50;

/**
 * Tokens by a model, one after the other, each read before the next is chosen. The prompt is not among them. The logits leave the
 * backend once per token; on a backend that reads without waiting, nothing else waits. Memory stays flat, also when the iterator is
 * abandoned.
 *
 *     for await (const token of generate({ cell, prompt, length: 100, choose: greedy() })) write(token);
 *
 * @throws UnrollError INVALID_ARGUMENT for an empty prompt or a length below 0; what `choose` throws; the reason of the signal
 */
export async function* generate<S extends State>(options: GenerateOptions<S>): AsyncGenerator<number, void, undefined> {
  const { cell, prompt, length = Infinity, choose, state, signal } = options;
  if (prompt.length === 0) throw new UnrollError('INVALID_ARGUMENT', 'generate: the prompt is empty. Give one token.');
  if (!(length >= 0)) throw new UnrollError('INVALID_ARGUMENT', `generate: the length is ${length}; give 0 or more.`);
  const stream = new Stream({ cell });
  try {
    if (state !== undefined) stream.reset(state);
    let token = prompt[0]!;
    for (let i = 1; i < prompt.length; i++) {
      readToken(stream, token);
      token = prompt[i]!;
    }
    let turn = performance.now();
    for (let written = 0; written < length; written++) {
      if (performance.now() - turn > STRETCH) {
        await new Promise((resolve) => setTimeout(resolve));
        turn = performance.now();
      }
      signal?.throwIfAborted();
      const logits = readToken(stream, token);
      token = choose(logits.backend.downloadSync ? logits.dataSync() : await logits.data());
      yield token;
    }
  } finally {
    stream.dispose();
  }
}

/** The logits after one more token. */
function readToken<S extends State>(stream: Stream<S>, token: number): Tensor {
  return scope(() => stream.step(tensor(Int32Array.of(token), { shape: [1, 1] })));
}
