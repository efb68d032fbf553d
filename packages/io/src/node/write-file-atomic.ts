import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes a file so that a reader, a crash or a power cut at any moment finds either the old content or the new, complete: the bytes go
 * to a temporary file in the same folder, to the disk, and then take the file's name. Permissions are those of a new file; a symbolic
 * link is replaced by the file.
 *
 * If writing fails, the temporary file is removed and the old file stays. A killed process may leave its temporary file,
 * `.unroll-<uuid>.tmp`, behind.
 * @throws Node's own error if the folder does not exist, can't be written, or is full
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.unroll-${randomUUID()}.tmp`);
  try {
    await writeThrough(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts the new name itself on the disk. */
async function syncFolder(folder: string): Promise<void> {
  // Windows can't open folders; its journal keeps the rename.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
