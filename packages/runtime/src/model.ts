import { RuntimeError } from './error.ts';
import type { Machine } from './machine.ts';
import { ModelStream } from './stream.ts';

/** Which stream is wanted. */
export interface StreamOptions {
  /** Sequences side by side: a number that the model was compiled for. Default 1. */
  readonly batch?: number;
}

/** A model, ready to run. `load` makes it. */
export class CompiledModel {
  /** What was said about it when it was compiled: a vocabulary, a licence. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #machines: readonly Machine[];

  constructor(machines: readonly Machine[], metadata: Readonly<Record<string, string>>) {
    this.#machines = machines;
    this.metadata = metadata;
  }

  /** The numbers of sequences side by side that it was compiled for. */
  get batches(): readonly number[] {
    return this.#machines.map(({ program }) => program.batch);
  }

  /**
   * A stream in the initial state. Streams share the weights and nothing else.
   * @throws RuntimeError INVALID_ARGUMENT for a batch that the model was not compiled for
   */
  stream({ batch = 1 }: StreamOptions = {}): ModelStream {
    const machine = this.#machines.find(({ program }) => program.batch === batch);
    if (machine) return new ModelStream(machine);
    const known = this.batches.join(', ');
    throw new RuntimeError(
      'INVALID_ARGUMENT',
      `stream: the model is compiled for batches of ${known}, not ${batch}. Compile it again.`,
    );
  }
}
