import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@unroll/io/node';
import type { CheckpointStore } from '@unroll/training';
import { folderStore } from '@unroll/training/node';
import type { ModelFormat } from './model-format.ts';
import { type RunMetadata, withTraining } from './run-metadata.ts';
import { OptionError } from './usage-error.ts';

/** The one file to keep: the best model so far. */
export const MODEL_FILE = 'model.safetensors';
/** The run: where to go on from. */
export const RUN_FILE = 'last.safetensors';
/** What a run came to, for people. */
export const REPORT_FILE = 'report.html';
/** The curves of a comparison. */
export const CURVES_FILE = 'curves.svg';

/**
 * Makes the folder.
 * @throws UsageError if nothing can be written there: better now than after hours
 */
export async function checkWritable(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const { message } = error;
    throw new OptionError(
      ['out'],
      (named) => `Nothing can be written to ${folder}: ${message}. Choose another folder with ${named('out')}.`,
      { cause: error },
    );
  }
}

/** Level by level: where no folder can be made at all, as in /proc, Node's `recursive` tries for ever. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

/** Whether a folder holds a model or a run. */
export async function isTaken(folder: string): Promise<boolean> {
  const found = await Promise.allSettled([stat(join(folder, MODEL_FILE)), stat(join(folder, RUN_FILE))]);
  return found.some(({ status }) => status === 'fulfilled');
}

/**
 * Keeps the run in `last.safetensors`, and in `model.safetensors` the model alone: that of the lowest validation loss, or, as long as
 * there is none, the present one.
 * @param options.hasBest whether the folder has the model of an earlier validation
 * @param options.about the training, to be told in the model file too; default: it is not
 */
export function outputStore<Model>(
  folder: string,
  options: {
    readonly model: Model;
    readonly format: ModelFormat<Model>;
    readonly hasBest: boolean;
    readonly about?: Pick<RunMetadata, 'text' | 'options'>;
  },
): CheckpointStore {
  const { model, format, hasBest, about } = options;
  const files = folderStore(folder);
  let keepsBest = hasBest;
  const saveModel = async (): Promise<void> => {
    await mkdir(folder, { recursive: true });
    const bytes = await format.encode(model);
    await writeFileAtomic(join(folder, MODEL_FILE), about ? withTraining(bytes, about) : bytes);
  };
  return {
    ...files,
    async save(name, bytes) {
      if (name === 'best') {
        keepsBest = true;
        return saveModel();
      }
      await files.save(name, bytes);
      if (!keepsBest) await saveModel();
    },
  };
}
