import { stat } from 'node:fs/promises';
import { UsageError } from '../usage-error.ts';
import { fileError } from './file-error.ts';

/**
 * That a file can be read more than once, as what is learned from is: first to be known, then to be learned.
 * @throws UsageError if it is missing, a folder, or a pipe, which would be waited for without an end
 */
export async function checkRereadable(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  if (found.isFile()) return;
  if (found.isDirectory()) throw new UsageError(`${path} is a folder. Give a file.`);
  throw new UsageError(
    `${path} is a pipe or a device, and has to be read more than once. Write it to a file first, and give that.`,
  );
}
