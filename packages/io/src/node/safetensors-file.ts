import { readFile } from 'node:fs/promises';
import { type SafetensorsFile, decodeSafetensors } from '../safetensors/decode.ts';
import type { SafetensorsTensor } from '../safetensors/dtypes.ts';
import { encodeSafetensors } from '../safetensors/encode.ts';
import { SafetensorsError } from '../safetensors/error.ts';
import type { Named } from '../named.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/**
 * Reads a safetensors file.
 * @throws SafetensorsError naming the file and the broken rule; Node's own error if it can't be read
 */
export async function readSafetensorsFile(path: string): Promise<SafetensorsFile> {
  const bytes = await readFile(path);
  try {
    return decodeSafetensors(bytes);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    throw new SafetensorsError(error.problem, `${path}: ${error.message.replace('safetensors: ', '')}`, {
      cause: error,
    });
  }
}

/**
 * Writes a safetensors file, with `encodeSafetensors` and `writeFileAtomic`.
 * @throws UnrollError as `encodeSafetensors` does, before the file is touched; Node's own error if it can't be written
 */
export async function writeSafetensorsFile(
  path: string,
  tensors: Named<SafetensorsTensor>,
  metadata: Named<string> = {},
): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}
