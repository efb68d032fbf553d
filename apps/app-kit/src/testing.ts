import { Readable, Writable } from 'node:stream';
import type { Input, Output, Terminal } from './terminal.ts';

/** Keeps what is written. */
export class Recorded extends Writable implements Output {
  readonly isTTY: boolean;
  readonly columns: number;
  text = '';
  /** Is told what will be written. */
  onWrite: (text: string) => void = () => undefined;

  constructor({ isTTY = false, columns = 80 }: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.onWrite(chunk);
    this.text += chunk;
    done();
  }
}

export interface FakeTerminalOptions {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** What there is to read. Default: a person, who types nothing. */
  readonly input?: string | Uint8Array;
}

/** A terminal without a screen. */
export class FakeTerminal implements Terminal {
  readonly stdin: Input;
  readonly stdout: Recorded;
  readonly stderr: Recorded = new Recorded();
  readonly program: string;
  readonly version: string = '1.2.3';
  readonly #listeners: Set<() => void> = new Set();
  readonly #closedListeners: Set<() => void> = new Set();
  readonly #failedListeners: Set<(error: Error) => void> = new Set();

  constructor(program: string, options: FakeTerminalOptions = {}) {
    this.program = program;
    this.stdin = inputOf(options.input);
    this.stdout = new Recorded(options);
  }

  onInterrupt(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onOutputClosed(listener: () => void): () => void {
    this.#closedListeners.add(listener);
    return () => this.#closedListeners.delete(listener);
  }

  /** As by `| head`. */
  closeOutput(): void {
    for (const listener of this.#closedListeners) listener();
  }

  onOutputFailed(listener: (error: Error) => void): () => void {
    this.#failedListeners.add(listener);
    return () => this.#failedListeners.delete(listener);
  }

  /** As by a log on a full disk. */
  failOutput(error: Error): void {
    for (const listener of this.#failedListeners) listener(error);
  }

  /** Ctrl-C. */
  interrupt(): void {
    for (const listener of this.#listeners) listener();
  }

  exit(code: number): never {
    throw new Error(`left with ${code}`);
  }
}

/** What a command line came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs command lines of a program to their end. */
export function runner(
  program: string,
  main: (argv: readonly string[], terminal: Terminal) => Promise<number>,
): (...argv: readonly string[]) => Promise<Ran> {
  return async (...argv) => {
    const terminal = new FakeTerminal(program);
    const code = await main(argv, terminal);
    return { code, out: terminal.stdout.text, err: terminal.stderr.text };
  };
}

function inputOf(input: string | Uint8Array | undefined): Input {
  return Object.assign(Readable.from(input === undefined ? [] : [input]), { isTTY: input === undefined });
}
