import { UnrollError, checkGiven } from '@unroll/backend';
import type { RecurrentCell, State } from '@unroll/cells';
import type { ChooseToken } from './choose-token.ts';
import { StepWriter, TokenWriter } from './writers.ts';

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
 * Tokens by a model, one after the other, each read before the next is chosen. The prompt is not among them. Where `choose` is part
 * of the step, many are written in one go and leave the backend together; else the logits leave it once per token, and on a
 * backend that reads without waiting nothing waits for them. Memory stays flat, also when the iterator is abandoned.
 *
 *     for await (const token of generate({ cell, prompt, length: 100, choose: greedy() })) write(token);
 *
 * @throws UnrollError INVALID_ARGUMENT for an empty prompt, a length below 0, or what is no token; what `choose` throws; the reason of the signal
 */
export async function* generate<S extends State>(options: GenerateOptions<S>): AsyncGenerator<number, void, undefined> {
  const { cell, prompt, length = Infinity, choose, signal } = options;
  checkGiven('generate', { cell, prompt, choose });
  if (typeof prompt === 'string' || !Number.isInteger(prompt.length)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      'generate: the prompt is no list of tokens. vocabulary.encode(text) makes one.',
    );
  }
  for (let i = 0; i < prompt.length; i++) {
    if (Number.isInteger(prompt[i])) continue;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `generate: element ${i} of the prompt is ${String(prompt[i])}, no token. vocabulary.encode(text) makes tokens.`,
    );
  }
  if (prompt.length === 0) throw new UnrollError('INVALID_ARGUMENT', 'generate: the prompt is empty. Give one token.');
  if (!(length >= 0)) throw new UnrollError('INVALID_ARGUMENT', `generate: the length is ${length}; give 0 or more.`);
  const writer = choose.inStep ? new StepWriter(options, choose.inStep) : new TokenWriter(options);
  try {
    let turn = performance.now();
    for (let left = length; left > 0;) {
      signal?.throwIfAborted();
      const tokens = await writer.write(left);
      left -= tokens.length;
      for (const token of tokens) {
        yield token;
        signal?.throwIfAborted();
      }
      if (performance.now() - turn < STRETCH) continue;
      await new Promise((resolve) => setTimeout(resolve));
      turn = performance.now();
    }
  } finally {
    writer.dispose();
  }
}
