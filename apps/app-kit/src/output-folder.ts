import { access, constants, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointStore } from '@unroll/training';
import { folderStore } from '@unroll/training/node';
import { makeFolder } from './files/make-folder.ts';
import type { RunFiles } from './files/run-files.ts';
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

/** Whether a folder holds a model or a run. */
export async function isTaken(folder: string): Promise<boolean> {
  const found = await Promise.allSettled([stat(join(folder, MODEL_FILE)), stat(join(folder, RUN_FILE))]);
  return found.some(({ status }) => status === 'fulfilled');
}

/**
 * Keeps the run in `last.safetensors`, and in `model.safetensors` the model alone: that of the lowest validation loss, or, as long as
 * there is none, the present one.
 * @param options.hasBest whether the folder has the model of an earlier validation
 * @param options.step the number of steps taken; is asked for anew at each save
 * @param options.about the training, to be told in the model file too; default: it is not
 */
export function outputStore<Model>(
  folder: string,
  options: {
    readonly files: RunFiles;
    readonly model: Model;
    readonly format: ModelFormat<Model>;
    readonly hasBest: boolean;
    readonly step: () => number;
    readonly about?: Pick<RunMetadata, 'text' | 'options'>;
  },
): CheckpointStore {
  const { files, model, format, hasBest, step, about } = options;
  let keepsBest = hasBest;
  const saveModel = async (): Promise<void> => {
    const bytes = await format.encode(model);
    await files.write(MODEL_FILE, about ? withTraining(bytes, about) : bytes, step());
  };
  return {
    ...folderStore(folder),
    async save(name, bytes) {
      if (name === 'best') {
        keepsBest = true;
        return saveModel();
      }
      await files.write(`${name}.safetensors`, bytes, step());
      if (!keepsBest) await saveModel();
    },
  };
}
