import { join } from 'node:path';
import { root } from '../shared/checkout.ts';
import { run } from '../shared/execute.ts';

/**
 * Runs the command line of an app as a user does; what it writes, and at the end its processor time, which `cpuSecondsOf` finds.
 * From the sources where this program runs from the sources, else as it is built.
 */
export function appCommand(app: 'char-rnn' | 'tagger' | 'translator'): (...args: readonly string[]) => Promise<string> {
  const isSource = process.execArgv.some((each) => each.includes('@unroll/source'));
  const program = join(root, 'apps', app, isSource ? 'src/cli.ts' : 'dist/cli.js');
  const where = { cwd: root, env: process.env, timeout: 4 * 3600 };
  return (...args) => run(process.execPath, [...process.execArgv, '--import', TELLS_TIME, program, ...args], where);
}

/** A module that lets a program say at its end how much processor time it took. */
const TELLS_TIME = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => { const { user, system } = process.cpuUsage(); console.log('CPU seconds ' + (user + system) / 1e6); });",
)}`;

/** Processor time of a whole command, by what it wrote. */
export function cpuSecondsOf(output: string): number {
  return Number(textIn(/^CPU seconds ([\d.]+)$/m, output));
}

/** @throws Error with the output if the pattern's group is not there */
export function textIn(pattern: RegExp, output: string): string {
  const [, found] = pattern.exec(output) ?? [];
  if (found !== undefined) return found;
  throw new Error(`There is no ${pattern.source} in:\n${output}`);
}
