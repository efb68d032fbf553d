import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSafetensors } from '@unroll/io';
import { UnrollError } from '@unroll/tensor';
import { decodeCheckpoint } from '@unroll/training';
import { fileError } from './files/file-error.ts';
import type { ModelFormat } from './model-format.ts';
import { MODEL_FILE } from './output-folder.ts';
import { restoreModel } from './run-metadata.ts';
import { quote } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/**
 * The model in a file, or in a folder that `train` wrote.
 * @throws UsageError if there is none
 */
export async function loadModel<Model>(path: string, format: ModelFormat<Model>): Promise<Model> {
  const file = await modelFile(path, format.kind);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileError(file, error);
  });
  try {
    const isRun = decodeSafetensors(bytes).metadata.get('format') === 'unroll-checkpoint';
    return isRun ? restoreModel(decodeCheckpoint(bytes), format) : format.decode(bytes);
  } catch (error) {
    if (!(error instanceof UnrollError)) throw error;
    throw new UsageError(`${file} is no ${format.kind} model. ${error.message}`, { cause: error });
  }
}

async function modelFile(path: string, kind: string): Promise<string> {
  try {
    if (!(await stat(path)).isDirectory()) return path;
  } catch (error) {
    if (!isNothing(error)) throw error;
    throw new UsageError(`There is no model at ${path}. Train one with ${kind} train.`, { cause: error });
  }
  const file = join(path, MODEL_FILE);
  try {
    await stat(file);
    return file;
  } catch (error) {
    if (!isNothing(error)) throw error;
    throw new UsageError(
      `There is no model at ${path}, a folder without ${MODEL_FILE}. Train one with ${kind} train --out ${quote(path)}.`,
      { cause: error },
    );
  }
}

/** Whether nothing is there. */
function isNothing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
