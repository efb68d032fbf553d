import { Writable } from 'node:stream';
import { main } from '../src/cli/main.ts';
import type { Output, Terminal } from '../src/cli/terminal.ts';

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

/** A terminal without a screen. */
export class FakeTerminal implements Terminal {
  readonly stdout: Recorded;
  readonly stderr: Recorded = new Recorded();
  readonly program: string = 'char-rnn';
  readonly version: string = '1.2.3';
  readonly #listeners: Set<() => void> = new Set();

  constructor(options: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
    this.stdout = new Recorded(options);
  }

  onInterrupt(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ctrl-C. */
  interrupt(): void {
    for (const listener of this.#listeners) listener();
  }

  exit(code: number): never {
    throw new Error(`left with ${code}`);
  }
}

/** Runs a command line to its end. */
export async function run(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const terminal = new FakeTerminal();
  const code = await main(argv, terminal);
  return { code, out: terminal.stdout.text, err: terminal.stderr.text };
}
