import { type Ran, runner } from '@unroll/app-kit/testing';
import { main } from '../src/cli/main.ts';

/** Runs a command line to its end. */
export const run: (...argv: readonly string[]) => Promise<Ran> = runner('translator', main);
