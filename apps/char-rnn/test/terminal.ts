import { FakeTerminal, type Ran, runner } from '@unroll/app-kit/testing';
import { main } from '../src/cli/main.ts';

/** Runs a command line to its end. */
export const run: (...argv: readonly string[]) => Promise<Ran> = runner('char-rnn', main);

/** A terminal without a screen. */
export function terminal(options: { readonly isTTY?: boolean; readonly columns?: number } = {}): FakeTerminal {
  return new FakeTerminal('char-rnn', options);
}
