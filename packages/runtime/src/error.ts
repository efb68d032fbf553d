/**
 * What went wrong. INVALID_FILE: the file is damaged or another one. UNSUPPORTED_VERSION: it is for another release. UNSUPPORTED_ENGINE:
 * this engine, or the page's policy, refuses its code. INVALID_ARGUMENT: a call does not fit the model.
 */
export type RuntimeErrorCode = 'INVALID_FILE' | 'UNSUPPORTED_VERSION' | 'UNSUPPORTED_ENGINE' | 'INVALID_ARGUMENT';

/** Says what, where, and the remedy. */
export class RuntimeError extends Error {
  override readonly name: string = 'RuntimeError';
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
