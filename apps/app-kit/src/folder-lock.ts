import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isSystemError, systemReason } from './files/output-error.ts';
import { OptionError, type UsageError } from './usage-error.ts';

/** Is in a folder as long as a run goes on there. */
const LOCK_FILE = '.run.lock';

/** Milliseconds between two signs of life, and after which a run on another machine has ended if there was none. */
const SIGN_OF_LIFE = 30_000;
const ENDED = 180_000;

/** Those of this process. */
const own = new Set<string>();

/**
 * Takes a folder for a run, so that no other writes there at the same time: two would leave the model of one and the checkpoint of the other.
 * Gives what lets go of it. A run that was killed leaves its lock behind, which holds up nobody.
 * @throws UsageError if another run has it, or nothing can be written there
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, LOCK_FILE);
  for (let isRetry = false; ; isRetry = true) {
    try {
      const lock = await open(file, 'wx');
      try {
        await lock.writeFile(JSON.stringify({ process: process.pid, host: hostname() }));
      } finally {
        await lock.close();
      }
      own.add(file);
      const lives = setInterval(() => void touch(file), SIGN_OF_LIFE);
      lives.unref();
      return async () => {
        clearInterval(lives);
        own.delete(file);
        // The folder itself may be gone.
        await rm(file, { force: true }).catch(() => undefined);
      };
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (error.code !== 'EEXIST') throw unwritable(folder, error);
      const owner = await ownerOf(file);
      if (isRetry || owner !== undefined) throw taken(folder, file, owner);
      await rm(file, { force: true });
    }
  }
}

async function touch(file: string): Promise<void> {
  const now = new Date();
  // A disk that is full or gone has its own words.
  await utimes(file, now, now).catch(() => undefined);
}

/** The process that holds a lock; undefined if it has ended. */
async function ownerOf(file: string): Promise<string | undefined> {
  try {
    const { process: id, host } = JSON.parse(await readFile(file, 'utf8')) as { process: number; host: string };
    if (host !== hostname()) {
      const { mtimeMs } = await stat(file);
      return Date.now() - mtimeMs < ENDED ? `process ${id} on ${host}` : undefined;
    }
    // In a container, another run may have had the number of this one.
    const isHere = id === process.pid ? own.has(file) : isAlive(id);
    return isHere ? `process ${id}` : undefined;
  } catch {
    // Gone in the meantime, or not written to its end.
  }
  return undefined;
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // There is one, of somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function taken(folder: string, file: string, owner: string | undefined): UsageError {
  const who = owner === undefined ? 'Another run' : `Another run, ${owner},`;
  return new OptionError(
    ['out', 'resume'],
    (named) =>
      `${who} is writing to ${folder}. Wait for its end, or choose another folder with ${named('out')}. If there is none, remove ${file}.`,
  );
}

function unwritable(folder: string, error: Error): UsageError {
  return new OptionError(
    ['out'],
    (named) =>
      `Nothing can be written to ${folder}: ${systemReason(error)}. Make room, or choose another folder with ${named('out')}.`,
    { cause: error },
  );
}
