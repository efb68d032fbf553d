import { fstatSync, readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { systemReason } from './files/output-error.ts';
import type { Input, Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** The number of the standard input. */
const STANDARD_INPUT = 0;

/** The terminal that this process runs in; the app is that of a package.json. */
export function processTerminal(manifest: URL): Terminal {
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; version: string };
  const closedListeners = new Set<() => void>();
  const failedListeners = new Set<(error: Error) => void>();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && failedListeners.size > 0) {
      for (const listener of failedListeners) listener(error);
      return;
    }
    if (error.code !== 'EPIPE') {
      process.stderr.write(`The output can't be written: ${systemReason(error)}.\n`);
      process.exit(1);
    }
    // Whoever reads the output may stop: `sample | head`.
    if (closedListeners.size === 0) process.exit(0);
    for (const listener of closedListeners) listener();
  });
  // Both may go to the same reader: `train 2>&1 | head`. Nobody is left to tell, and a run is still to be saved.
  process.stderr.on('error', () => undefined);
  return {
    stdin: isFolder(STANDARD_INPUT) ? folderInput : process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    program: programName(name, process.env, process.argv[1] ?? ''),
    version,
    onInterrupt(listener) {
      const signals = ['SIGINT', 'SIGTERM'];
      for (const signal of signals) process.on(signal, listener);
      // A terminal that is closed sends one, its shell another: that is no second Ctrl-C. Where the output goes elsewhere, as by `nohup`, whose
      // wish Node forgets, the program goes on without a terminal.
      let isClosed = !process.stdout.isTTY;
      const onClose = (): void => {
        if (!isClosed) listener();
        isClosed = true;
      };
      process.on('SIGHUP', onClose);
      return () => {
        for (const signal of signals) process.off(signal, listener);
        process.off('SIGHUP', onClose);
      };
    },
    onOutputClosed(listener) {
      closedListeners.add(listener);
      return () => closedListeners.delete(listener);
    },
    onOutputFailed(listener) {
      failedListeners.add(listener);
      return () => failedListeners.delete(listener);
    },
    exit: (code) => process.exit(code),
  };
}

/** Node reads a folder as nothing at all: `chat < folder` would end without a word. */
const folderInput: Input = {
  [Symbol.asyncIterator](): never {
    throw new UsageError(
      'The standard input is a folder. Give it a file, as in < file.txt, or what another program writes.',
    );
  },
};

function isFolder(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isDirectory();
  } catch {
    // It is closed: there is nothing to read.
    return false;
  }
}

/** How the running program, of a package that names its command, was called: a suggested command works as it is printed. */
export function programName(name: string, env: NodeJS.ProcessEnv, script: string): string {
  if (env['npm_lifecycle_event'] === 'start' && env['npm_package_name'] === 'unroll') return 'npm start --';
  if (env['npm_command'] === 'exec') return `npx ${name}`;
  const isInstalled = !/^cli\.[jt]s$/.test(basename(script)) || /[\\/]node_modules[\\/]/.test(script);
  return isInstalled ? name.replace(/^.*\//, '') : `node ${relative(process.cwd(), script)}`;
}
