import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import type { Terminal } from './terminal.ts';

/** The terminal that this process runs in. */
export function processTerminal(manifest: URL): Terminal {
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  // Whoever reads the output may stop: `char-rnn sample | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    program: programName(process.env, process.argv[1] ?? ''),
    version,
    onInterrupt(listener) {
      const signals = ['SIGINT', 'SIGTERM'];
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}

/** How the running program was called, so that a suggested command works as it is printed. */
export function programName(env: NodeJS.ProcessEnv, script: string): string {
  if (env['npm_lifecycle_event'] === 'start' && env['npm_package_name'] === 'unroll') return 'npm start --';
  if (env['npm_command'] === 'exec') return 'npx @unroll/char-rnn';
  const isInstalled = !/^cli\.[jt]s$/.test(basename(script)) || /[\\/]node_modules[\\/]/.test(script);
  return isInstalled ? 'char-rnn' : `node ${relative(process.cwd(), script)}`;
}
