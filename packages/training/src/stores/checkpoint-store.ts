import { checkGiven } from '@unroll/backend';
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
 * @throws UnrollError INVALID_FILE if the bytes are no checkpoint
 */
export async function loadCheckpoint(store: CheckpointStore, name = 'last'): Promise<Checkpoint | undefined> {
  checkGiven('loadCheckpoint', { store });
  const bytes = await store.load(name);
  return bytes && decodeCheckpoint(bytes);
}
