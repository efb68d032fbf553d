import { resolve } from 'node:path';
import { lockFolder } from '../folder-lock.ts';
import { checkFree, checkNewest } from '../saved-run.ts';
import type { PreparedRun } from './prepare-run.ts';
import type { RunValues } from './trainer.ts';

/**
 * Takes the folder of a run for it, as long as it holds what it held when the run began to get ready: with large data that is minutes ago. Gives
 * what lets go of it.
 * @throws UsageError if another run is there, or was there in the meantime
 */
export async function lockRun<Values extends RunValues>({
  folder,
  values,
  saved,
}: Pick<PreparedRun<Values, unknown, unknown>, 'folder' | 'values' | 'saved'>): Promise<() => Promise<void>> {
  const letGo = await lockFolder(folder);
  try {
    if (saved && resolve(saved.folder) === resolve(folder)) await checkNewest(saved);
    else await checkFree(folder, values.overwrite);
    return letGo;
  } catch (error) {
    await letGo();
    throw error;
  }
}
