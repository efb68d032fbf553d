import { writeFileAtomic } from '@unroll/io/node';
import { OutputError, isSystemError, systemReason } from './output-error.ts';

/**
 * Writes what tells of a run that has ended.
 * @param kept what is not lost, as a sentence
 * @throws OutputError if it can't be written
 */
export async function writeReport(file: string, text: string, kept: string): Promise<void> {
  try {
    await writeFileAtomic(file, new TextEncoder().encode(text));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new OutputError(`The report can't be written to ${file}: ${systemReason(error)}. ${kept}`, { cause: error });
  }
}
