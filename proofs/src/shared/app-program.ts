import { join } from 'node:path';
import { root } from './checkout.ts';

export type App = 'char-rnn' | 'tagger' | 'translator';

/** What follows `node` to run the command line of an app: from the sources where this program runs from the sources, else as it is built. */
export function appProgram(app: App, ...options: readonly string[]): readonly string[] {
  const isSource = process.execArgv.some((each) => each.includes('@unroll/source'));
  return [...process.execArgv, ...options, join(root, 'apps', app, isSource ? 'src/cli.ts' : 'dist/cli.js')];
}
