import type { StateDict } from '@unroll/io';

/** How the models of an app go into files and come back. */
export interface ModelFormat<Model> {
  /** The app: `char-rnn`. */
  readonly kind: string;
  /** A model as one file. */
  encode(model: Model): Promise<Uint8Array>;
  /** @throws UnrollError INVALID_FILE, STATE_MISMATCH */
  decode(bytes: Uint8Array): Model;
  /** All but the parameters, as plain data. */
  describe(model: Model): object;
  /** @throws UnrollError INVALID_FILE, STATE_MISMATCH */
  restore(description: unknown, state: StateDict): Model;
}
