import { UnrollError, checkGiven } from '@unroll/backend';
import { decodeCheckpoint } from '../checkpoint/checkpoint-file.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';

/** Where the files of checkpoints are kept. `fit` writes `last`, and with a validation `best`. */
export interface CheckpointStore {
  /** Keeps `bytes` under a name. All or nothing: whatever happens, `load` finds either the old bytes or the new, complete. */
  save(name: string, bytes: Uint8Array): Promise<void>;
  /** What was saved under a name, or undefined. */
  load(name: string): Promise<Uint8Array | undefined>;
  /** Forgets a name; nothing happens where there is none. Needed to keep the best few (`checkpoints.keepBest`). */
  remove?(name: string): Promise<void>;
  /** All names, sorted. */
  list(): Promise<readonly string[]>;
}

/**
 * The checkpoint of that name, by default the latest, or undefined where there is none: what the option `resume` of `fit` takes.
 * @throws UnrollError INVALID_FILE if the bytes are no checkpoint, INVALID_ARGUMENT for a path in the place of a store
 */
export async function loadCheckpoint(store: CheckpointStore, name = 'last'): Promise<Checkpoint | undefined> {
  checkGiven('loadCheckpoint', { store });
  checkStore('loadCheckpoint', store);
  const bytes = await store.load(name);
  return bytes && decodeCheckpoint(bytes);
}

/**
 * Plain JavaScript may give a path.
 * @throws UnrollError INVALID_ARGUMENT
 */
export function checkStore(who: string, store: Partial<CheckpointStore>): void {
  if (typeof store.load === 'function' && typeof store.save === 'function') return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${who}: the store is none. Make one: memoryStore(), or folderStore(path) of '@unroll/training/node'.`,
  );
}
