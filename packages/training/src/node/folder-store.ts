import { UnrollError } from '@unroll/backend';
import { writeFileAtomic } from '@unroll/io/node';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointStore } from '../stores/checkpoint-store.ts';

const EXTENSION = '.safetensors';

/**
 * Keeps checkpoints as files `<name>.safetensors` in a folder, which is made when the first is saved. A process that is killed, or a
 * power cut, at any moment leaves the old file or the new one; temporary files that it may leave behind are not listed.
 * @throws UnrollError INVALID_ARGUMENT for a name that would lead out of the folder; Node's own error if a file can't be read or written
 */
export function folderStore(folder: string): CheckpointStore {
  return {
    async save(name, bytes) {
      const path = pathOf(folder, name);
      await mkdir(folder, { recursive: true });
      await writeFileAtomic(path, bytes);
    },
    remove: async (name) => rm(pathOf(folder, name), { force: true }),
    load: async (name) => orUndefined(readFile(pathOf(folder, name))),
    async list() {
      const files = (await orUndefined(readdir(folder))) ?? [];
      return files
        .filter((file) => file.endsWith(EXTENSION) && !file.startsWith('.'))
        .map((file) => file.slice(0, -EXTENSION.length))
        .toSorted();
    },
  };
}

function pathOf(folder: string, name: string): string {
  if (/^[\w-][\w.-]*$/.test(name)) return join(folder, name + EXTENSION);
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `folderStore: ${JSON.stringify(name)} is no name for a checkpoint. Use letters, digits, - and _.`,
  );
}

/** Undefined where there is no such file or folder. */
async function orUndefined<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
