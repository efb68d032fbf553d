/** Something can't be written, as on a full disk, and no option is to blame. The program says so and leaves with code 1. */
export class OutputError extends Error {
  override readonly name: string = 'OutputError';
}

/** Whether an error is the file system's. */
export function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

/** What the system says: `ENOSPC: no space left on device`. Without the call and the path, which is that of a temporary file. */
export function systemReason({ message }: Error): string {
  return message.replace(/, [a-z]+( '.*)?$/s, '');
}
