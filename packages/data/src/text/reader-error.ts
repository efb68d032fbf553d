import { UnrollError } from '@unroll/backend';

/** Something in a text that a reader can't take: which file, which line, and what to do. */
export class ReaderError extends UnrollError {
  override readonly name: string = 'ReaderError';
  /** As the caller named it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;

  constructor({ file, line, message }: { readonly file: string; readonly line: number; readonly message: string }) {
    super('INVALID_FILE', `${file}:${line}: ${message}`);
    this.file = file;
    this.line = line;
  }
}
