import { type App, appProgram } from '../shared/app-program.ts';
import { root } from '../shared/checkout.ts';
import { run } from '../shared/execute.ts';

/**
 * Runs the command line of an app as a user does; what it writes, and at the end its processor time, which `cpuSecondsOf` finds.
 */
export function appCommand(app: App): (...args: readonly string[]) => Promise<string> {
  const program = appProgram(app, '--import', TELLS_TIME);
  const where = { cwd: root, env: process.env, timeout: 4 * 3600 };
  return (...args) => run(process.execPath, [...program, ...args], where);
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
