import type { Writable } from 'node:stream';

/** Where a program writes: a terminal, a file, a pipe. */
export interface Output extends Writable {
  readonly isTTY?: boolean;
  /** Columns of a terminal. */
  readonly columns?: number;
}

/** What a program is given to read. */
export interface Input extends AsyncIterable<Uint8Array | string> {
  /** Whether a person types it. */
  readonly isTTY?: boolean;
}

/** What the commands know of the world around them. */
export interface Terminal {
  readonly stdin: Input;
  /** For results. */
  readonly stdout: Output;
  /** For what is said about them. */
  readonly stderr: Output;
  /** How this program is called here: `npx @unroll/char-rnn`. Suggested commands begin with it. */
  readonly program: string;
  readonly version: string;
  /** Calls back at each Ctrl-C (or SIGTERM) from now on, and when the terminal that shows the output is closed, until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** Calls back when nobody reads the output any more, until the returned function is called. Where nobody asks for it the program ends then. */
  onOutputClosed(listener: () => void): () => void;
  /** Calls back when output can't be written, as on a full disk, until the returned function is called. Where nobody asks for it the program ends then. */
  onOutputFailed(listener: (error: Error) => void): () => void;
  /** Leaves at once. */
  exit(code: number): never;
}

/** Writes a line. */
export function writeLine(output: Output, line = ''): void {
  output.write(`${line}\n`);
}

/** A path or text as a shell takes it. */
export function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
