import { writeFileAtomic } from '@unroll/io/node';
import { dirname } from 'node:path';
import { systemReason } from './output-error.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Writes a file that an option names, whole or not at all.
 * @throws UsageError if it can't be, for another reason than a full disk
 */
export async function writeOutput(file: string, content: Uint8Array | string, option: string): Promise<void> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  try {
    await writeFileAtomic(file, bytes);
  } catch (error) {
    const why = reasonOf(file, error);
    if (why === undefined) throw error;
    throw new UsageError(`${why} Choose another file with --${option}.`, { cause: error });
  }
}

function reasonOf(file: string, error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error) || error.code === 'ENOSPC') return undefined;
  if (error.code === 'ENOENT') return `${file} can't be written: there is no folder ${dirname(file)}.`;
  if (error.code === 'EISDIR') return `${file} is a folder.`;
  // Node's message names the temporary file, which means nothing to the user.
  return `${file} can't be written: ${systemReason(error)}.`;
}
