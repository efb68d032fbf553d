import { open, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isSystemError, systemReason } from './files/output-error.ts';
import { OptionError, type UsageError } from './usage-error.ts';

/** Is in a folder as long as a run goes on there. */
const LOCK_FILE = '.run.lock';
/** Is there for the moment in which one looks whether the folder is free, and takes it: of two that look at once, both would find it so. */
const TAKING_FILE = '.run.lock.taking';

/** Milliseconds between two signs of life, and after which a run on another machine has ended if there was none. */
const SIGN_OF_LIFE = 30_000;
const ENDED = 180_000;
/** Milliseconds between two looks whether another has done its taking, and how many: it takes some milliseconds. */
const PAUSE = 20;
const LOOKS = 150;

/** Those of this process. */
const own = new Set<string>();

/**
 * Takes a folder for a run, so that no other writes there at the same time: two would leave the model of one and the checkpoint of the other.
 * Gives what lets go of it. A run that was killed leaves its lock behind, which holds up nobody.
 * @throws UsageError if another run has it, or nothing can be written there
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, LOCK_FILE);
  await takeTurn(folder);
  try {
    const owner = await ownerOf(file);
    if (owner !== undefined) throw taken(folder, file, `Another run, ${owner},`);
    await writeFile(file, JSON.stringify({ process: process.pid, host: hostname() }));
    own.add(resolve(file));
  } catch (error) {
    throw isSystemError(error) ? unwritable(folder, error) : error;
  } finally {
    await rm(join(folder, TAKING_FILE), { force: true }).catch(() => undefined);
  }
  const lives = setInterval(() => void touch(file), SIGN_OF_LIFE);
  lives.unref();
  return async () => {
    clearInterval(lives);
    own.delete(resolve(file));
    // The folder itself may be gone.
    await rm(file, { force: true }).catch(() => undefined);
  };
}

/** Waits until no other is about to take the folder. */
async function takeTurn(folder: string): Promise<void> {
  const file = join(folder, TAKING_FILE);
  for (let look = 0; ; look++) {
    try {
      await (await open(file, 'wx')).close();
      return;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      if (error.code !== 'EEXIST') throw unwritable(folder, error);
      // Of one that was killed at that very moment.
      if (Date.now() - (await lastSignOf(file)) > ENDED) await rm(file, { force: true });
      else if (look === LOOKS) throw taken(folder, file, 'Another run');
      else await pause(PAUSE);
    }
  }
}

/** When a lock was touched last, in milliseconds since 1970. One that is gone: now. */
async function lastSignOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  );
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
      return Date.now() - (await lastSignOf(file)) < ENDED ? `process ${id} on ${host}` : undefined;
    }
    // In a container, another run may have had the number of this one.
    const isHere = id === process.pid ? own.has(resolve(file)) : isAlive(id);
    return isHere ? `process ${id}` : undefined;
  } catch {
    // There is none, or it was not written to its end.
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

function taken(folder: string, file: string, who: string): UsageError {
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
