/** What went wrong, as a word that code can test. The message says what, where and the remedy. */
export type ErrorCode =
  | 'SHAPE_MISMATCH'
  | 'DTYPE_MISMATCH'
  | 'BACKEND_MISMATCH'
  | 'DUPLICATE_PACKAGE'
  | 'INVALID_ARGUMENT'
  | 'INDEX_OUT_OF_RANGE'
  | 'USE_AFTER_DISPOSE'
  | 'OUT_OF_MEMORY'
  | 'NOT_SYNCHRONOUS'
  | 'NOT_DIFFERENTIABLE'
  | 'NON_FINITE'
  | 'DIVERGED'
  | 'INVALID_FILE'
  | 'STATE_MISMATCH'
  | 'UNKNOWN_TOKEN'
  | 'WORKER_FAILED'
  | 'DEVICE_FAILED'
  | 'NOT_AVAILABLE';

/** Every error that unroll throws on purpose. */
export class UnrollError extends Error {
  override readonly name: string = 'UnrollError';

  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
