import { type TypedArray, UnrollError } from '@unroll/backend';
import { type RecurrentCell, type State, Stream } from '@unroll/cells';
import { type Tensor, scope, tensor, zeros } from '@unroll/tensor';
import type { ChooseToken } from './choose-token.ts';
import { chosenToken } from './chosen-token.ts';
import { NO_TOKEN, WritingCell, type WritingState } from './writing-cell.ts';

/** Where a writer begins. */
export interface WriterOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
  /** At least one token. */
  readonly prompt: ArrayLike<number>;
  readonly choose: ChooseToken;
  readonly state?: S | undefined;
}

/** The next tokens, at least one, at most so many. */
export interface Writer {
  write(most: number): Promise<readonly number[] | TypedArray>;
  dispose(): void;
}

/** Chooses each token by its logits, outside of the backend. */
export class TokenWriter<S extends State> implements Writer {
  readonly #stream: Stream<S>;
  readonly #choose: ChooseToken;
  #last: number;

  constructor(options: WriterOptions<S>) {
    this.#stream = streamAfter(options);
    this.#choose = options.choose;
    this.#last = options.prompt[options.prompt.length - 1]!;
  }

  async write(): Promise<readonly number[] | TypedArray> {
    const logits = scope(() => this.#stream.step(tokensOf([this.#last], [1, 1])));
    const numbers = logits.backend.downloadSync ? logits.dataSync() : await logits.data();
    this.#last = chosenToken('generate', this.#choose, numbers);
    return [this.#last];
  }

  dispose(): void {
    this.#stream.dispose();
  }
}

/** So many milliseconds one call of the backend should take: text that is written in front of somebody comes as it is made. */
const CALL = 10;
/** Tokens of one call are at most so many times those of the one before, and never more than `MOST`. */
const GROWTH = 8;
const MOST = 256;

/** Chooses tokens within the step: many of them are one call of the backend. */
export class StepWriter<S extends State> implements Writer {
  readonly #stream: Stream<WritingState<S>>;
  #tokens = 1;

  constructor(options: WriterOptions<S>, inStep: (logits: Tensor) => Tensor) {
    const { cell, prompt } = options;
    const read = streamAfter(options);
    this.#stream = new Stream({ cell: new WritingCell(cell, inStep) });
    scope(() => {
      const token = tokensOf([prompt[prompt.length - 1]!], [1, 1]);
      this.#stream.reset({ token, model: read.state });
    });
    read.dispose();
  }

  async write(most: number): Promise<readonly number[] | TypedArray> {
    const time = Math.min(this.#tokens, most);
    const start = performance.now();
    const written = scope(() => this.#stream.read(zeros([1, time, 1], { dtype: 'int32' })));
    const tokens = await written.data();
    written.dispose();
    const perToken = (performance.now() - start) / time;
    this.#tokens = Math.max(1, Math.min(GROWTH * time, Math.floor(CALL / perToken), MOST));
    if (tokens.includes(NO_TOKEN)) {
      throw new UnrollError('NON_FINITE', 'generate: the largest logit is not finite. Did training diverge?');
    }
    return tokens;
  }

  dispose(): void {
    this.#stream.dispose();
  }
}

/** A stream that has read all of the prompt but the last token. */
function streamAfter<S extends State>({ cell, prompt, state }: WriterOptions<S>): Stream<S> {
  const stream = new Stream({ cell });
  const time = prompt.length - 1;
  try {
    if (state !== undefined) stream.reset(state);
    if (time > 0) scope(() => void stream.read(tokensOf(Array.from(prompt).slice(0, time), [1, time, 1])));
  } catch (error) {
    stream.dispose();
    throw error;
  }
  return stream;
}

function tokensOf(tokens: readonly number[], shape: readonly number[]): Tensor {
  return tensor(Int32Array.from(tokens), { shape });
}
