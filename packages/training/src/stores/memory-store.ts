import type { CheckpointStore } from './checkpoint-store.ts';

/** Keeps checkpoints as long as the program runs. */
export function memoryStore(): CheckpointStore {
  const files = new Map<string, Uint8Array>();
  return {
    async save(name, bytes) {
      files.set(name, bytes.slice());
    },
    async remove(name) {
      files.delete(name);
    },
    load: async (name) => files.get(name)?.slice(),
    list: async () => [...files.keys()].toSorted(),
  };
}
