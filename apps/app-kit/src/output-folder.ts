import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@unroll/io/node';
import type { CheckpointStore } from '@unroll/training';
import { folderStore } from '@unroll/training/node';
import type { ModelFormat } from './model-format.ts';

/** The one file to keep: the best model so far. */
export const MODEL_FILE = 'model.safetensors';
/** The run: where to go on from. */
export const RUN_FILE = 'last.safetensors';

/** Whether a folder holds a model or a run. */
export async function isTaken(folder: string): Promise<boolean> {
  const found = await Promise.allSettled([stat(join(folder, MODEL_FILE)), stat(join(folder, RUN_FILE))]);
  return found.some(({ status }) => status === 'fulfilled');
}

/**
 * Keeps the run in `last.safetensors`, and in `model.safetensors` the model alone: that of the lowest validation loss, or, as long as
 * there is none, the present one.
 * @param options.hasBest whether the folder has the model of an earlier validation
 */
export function outputStore<Model>(
  folder: string,
  options: { readonly model: Model; readonly format: ModelFormat<Model>; readonly hasBest: boolean },
): CheckpointStore {
  const { model, format, hasBest } = options;
  const files = folderStore(folder);
  let keepsBest = hasBest;
  const saveModel = async (): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(join(folder, MODEL_FILE), await format.encode(model));
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
