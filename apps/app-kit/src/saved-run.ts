import { UnrollError } from '@unroll/tensor';
import { type Checkpoint, loadCheckpoint } from '@unroll/training';
import { folderStore } from '@unroll/training/node';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from './files/file-error.ts';
import { isSystemError } from './files/output-error.ts';
import type { ModelFormat } from './model-format.ts';
import { RUN_FILE, isTaken } from './output-folder.ts';
import { type RunMetadata, restoreModel, restoreRun } from './run-metadata.ts';
import { quote } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** A run to go on with. */
export interface SavedRun {
  readonly folder: string;
  readonly checkpoint: Checkpoint;
  readonly run: RunMetadata;
  /** When its file was written, in milliseconds since 1970. */
  readonly writtenAt: number | undefined;
}

/** @throws UsageError if the folder has no run of this kind */
export async function loadRun(folder: string, kind: string): Promise<SavedRun> {
  const writtenAt = await timeOf(folder);
  const checkpoint = await readable(folder, () => loadCheckpoint(folderStore(folder)));
  if (checkpoint) {
    return { folder, checkpoint, run: await readable(folder, () => restoreRun(checkpoint, kind)), writtenAt };
  }
  throw new UsageError(`There is no run in ${folder} to go on with: it has no ${RUN_FILE}.`);
}

/**
 * The model of a run, on the active backend.
 * @throws UsageError if it is damaged
 */
export async function modelOfRun<Model>({ folder, checkpoint }: SavedRun, format: ModelFormat<Model>): Promise<Model> {
  return readable(folder, () => restoreModel(checkpoint, format));
}

/** @throws UsageError if the folder holds a later state of the run by now */
export async function checkNewest({ folder, writtenAt }: SavedRun): Promise<void> {
  if ((await timeOf(folder)) === writtenAt) return;
  throw new UsageError(`Another run went on in ${folder} in the meantime. Begin again, to go on from where it ended.`);
}

async function timeOf(folder: string): Promise<number | undefined> {
  return stat(join(folder, RUN_FILE)).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/** @throws UsageError if a new run would write over a model that is there */
export async function checkFree(folder: string, overwrite: boolean): Promise<void> {
  if (overwrite || !(await isTaken(folder))) return;
  throw new UsageError(
    `${folder} already holds a model. Choose another folder with --out, go on with --resume ${quote(folder)}, or replace it with --overwrite.`,
  );
}

/** What `read` reads from a run; a damaged one is the user's to know. */
async function readable<T>(folder: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isSystemError(error)) throw fileError(join(folder, RUN_FILE), error);
    if (!(error instanceof UnrollError)) throw error;
    throw new UsageError(`${RUN_FILE} in ${folder} is no run to go on with. ${error.message}`, { cause: error });
  }
}
