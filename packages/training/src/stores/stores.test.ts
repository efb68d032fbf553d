import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderStore } from '../node/folder-store.ts';
import { type CheckpointStore, loadCheckpoint } from './checkpoint-store.ts';
import { memoryStore } from './memory-store.ts';

let root = '';
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'unroll-store-'));
});
afterAll(() => rm(root, { recursive: true }));

const newFolder = (): string => join(root, `run ${folders++}`, 'checkpoints');
const kinds: Readonly<Record<string, () => CheckpointStore>> = {
  memory: memoryStore,
  folder: () => folderStore(newFolder()),
};

describe.each(Object.entries(kinds))('a store in a %s', (_, make) => {
  it('gives back what was saved last under a name', async () => {
    const store = make();
    await store.save('last', Uint8Array.of(1, 2));
    await store.save('best', Uint8Array.of(3));
    await store.save('last', Uint8Array.of(4, 5, 6));
    expect(new Uint8Array((await store.load('last'))!)).toEqual(Uint8Array.of(4, 5, 6));
    expect(new Uint8Array((await store.load('best'))!)).toEqual(Uint8Array.of(3));
    expect(await store.list()).toEqual(['best', 'last']);
  });

  it('has nothing at first', async () => {
    const store = make();
    expect(await store.list()).toEqual([]);
    expect(await store.load('last')).toBeUndefined();
    expect(await loadCheckpoint(store)).toBeUndefined();
  });

  it('keeps a copy: the caller may use the bytes again', async () => {
    const store = make();
    const bytes = Uint8Array.of(1);
    await store.save('last', bytes);
    bytes[0] = 9;
    expect(new Uint8Array((await store.load('last'))!)).toEqual(Uint8Array.of(1));
  });

  it('refuses a file that is no checkpoint', async () => {
    const store = make();
    await store.save('last', Uint8Array.of(1, 2, 3));
    await expect(loadCheckpoint(store)).rejects.toThrow(expect.objectContaining({ code: 'INVALID_FILE' }));
  });
});

describe('a store in a folder', () => {
  it('shows a reader the old file or the new one, never a part', async () => {
    const folder = newFolder();
    const store = folderStore(folder);
    const versions = [0, 1, 2, 3, 4, 5].map((value) => new Uint8Array(300_000 + value).fill(value));
    await store.save('last', versions[0]!);
    const writing = { ended: false };
    const read = async (): Promise<number> => {
      let reads = 0;
      for (; !writing.ended; reads++) {
        const bytes = await readFile(join(folder, 'last.safetensors'));
        const value = bytes[0]!;
        expect(bytes.length).toBe(300_000 + value);
        expect(bytes.every((byte) => byte === value)).toBe(true);
      }
      return reads;
    };
    const reading = read();
    for (const version of versions) await store.save('last', version);
    writing.ended = true;
    expect(await reading).toBeGreaterThan(0);
  });

  it('does not list what a killed process left behind, nor other files', async () => {
    const folder = newFolder();
    const store = folderStore(folder);
    await store.save('last', Uint8Array.of(1));
    await writeFile(join(folder, '.unroll-0b5a.tmp'), 'half');
    await writeFile(join(folder, '.hidden.safetensors'), 'hidden');
    await writeFile(join(folder, 'notes.txt'), 'notes');
    expect(await store.list()).toEqual(['last']);
  });

  it('leaves no temporary file when all goes well', async () => {
    const folder = newFolder();
    await folderStore(folder).save('best', Uint8Array.of(1));
    expect(await readdir(folder)).toEqual(['best.safetensors']);
  });

  it.each(['', '.', '..', '../last', 'a/b', 'a\\b', '.last', 'a b'])('refuses the name "%s"', async (name) => {
    await expect(folderStore(newFolder()).save(name, Uint8Array.of(1))).rejects.toThrow(/is no name for a checkpoint/);
  });
});
