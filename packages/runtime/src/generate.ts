import { RuntimeError } from './error.ts';
import type { ChooseToken } from './sampling.ts';
import type { ModelStream } from './stream.ts';

/** What is to be written, and how. */
export interface GenerateOptions {
  /** Of one sequence: a token in, logits out. Goes on from where it is. */
  readonly stream: ModelStream;
  /** What is read before the first token: at least one. */
  readonly prompt: ArrayLike<number>;
  /** How many tokens to write. Default: no end. */
  readonly length?: number;
  readonly choose: ChooseToken;
}

/**
 * Tokens by a model, one after the other, each read before the next is chosen. The prompt is not among them. Computes when asked for
 * the next one, and not ahead.
 * @throws RuntimeError INVALID_ARGUMENT for an empty prompt; what `step` and `choose` throw
 */
export function* generate({
  stream,
  prompt,
  length = Infinity,
  choose,
}: GenerateOptions): Generator<number, void, undefined> {
  if (prompt.length === 0) throw new RuntimeError('INVALID_ARGUMENT', 'generate: the prompt is empty. Give one token.');
  for (let i = 0; i < prompt.length - 1; i++) stream.step([prompt[i]!]);
  let token = prompt[prompt.length - 1]!;
  for (let left = length; left > 0; left--) {
    token = choose(stream.step([token]));
    yield token;
  }
}
