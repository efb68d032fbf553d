import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAll } from './execute.ts';

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs a proof that keeps everything in a folder of its own. At its end, also after a failure or Ctrl-C, what it started is stopped
 * and the folder is removed. An error is printed and makes the exit code 1.
 */
export async function inTemporaryFolder(name: string, proof: (folder: string) => Promise<void>): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `unroll-${name}-`)));
  let cleaned: Promise<void> | undefined;
  const cleanUp = (): Promise<void> => {
    cleaned ??= stopAll().then(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    return cleaned;
  };
  for (const [signal, code] of Object.entries(signals)) {
    process.on(signal, () => {
      void cleanUp().then(() => process.exit(code));
    });
  }
  try {
    await proof(folder);
  } catch (error) {
    // After a signal, what failed is that everything was stopped.
    if (cleaned === undefined) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    }
  } finally {
    await cleanUp();
  }
}
