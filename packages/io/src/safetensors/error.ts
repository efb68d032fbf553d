import { UnrollError } from '@unroll/backend';

/** What a safetensors file must not be, as a word that code can test. */
export type SafetensorsProblem =
  /** Fewer than the 8 bytes that hold the header's length. */
  | 'file-too-short'
  /** The header claims more than 100 000 000 bytes. */
  | 'header-too-large'
  /** The header claims more bytes than the file has. */
  | 'header-past-end'
  | 'header-not-utf8'
  | 'header-not-json'
  /** JSON, but not an object of tensors. */
  | 'header-not-object'
  | 'duplicate-key'
  /** `__metadata__` is not an object of strings. */
  | 'invalid-metadata'
  /** A tensor without dtype, shape or data_offsets, or with one of another type. */
  | 'invalid-entry'
  | 'unknown-dtype'
  | 'invalid-shape'
  | 'invalid-offsets'
  /** A shape, or the bytes that it needs, above what a number can count. */
  | 'size-overflow'
  /** The data is longer or shorter than shape and dtype say. */
  | 'size-mismatch'
  | 'hole'
  | 'overlap'
  /** A tensor ends behind the end of the file. */
  | 'data-past-end'
  | 'bytes-after-data';

/** A safetensors file that the format forbids. The code is INVALID_FILE; `problem` says which rule is broken. */
export class SafetensorsError extends UnrollError {
  override readonly name: string = 'SafetensorsError';

  readonly problem: SafetensorsProblem;

  constructor(problem: SafetensorsProblem, message: string, options?: ErrorOptions) {
    super('INVALID_FILE', `safetensors: ${message}`, options);
    this.problem = problem;
  }
}
