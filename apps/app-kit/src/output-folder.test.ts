import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkWritable } from './output-folder.ts';

let root: string;
beforeAll(async () => (root = await mkdtemp(join(tmpdir(), 'output-'))));
afterAll(() => rm(root, { recursive: true }));

describe('the folder of a run', () => {
  it('is made with all above it, and may be there already', async () => {
    const folder = join(root, 'a', 'b', 'c');
    await checkWritable(folder);
    await checkWritable(folder);
    expect((await stat(folder)).isDirectory()).toBe(true);
  });

  it('can not be a file, nor be below one', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below'), join(file, 'far', 'below')]) {
      await expect(checkWritable(path)).rejects.toThrow(`Nothing can be written to ${path}: `);
    }
  });

  it.skipIf(!existsSync('/proc/self'))(
    'is refused at once where no folder can be (skipped without /proc)',
    async () => {
      await expect(checkWritable('/proc/models/tagger')).rejects.toThrow(
        'Nothing can be written to /proc/models/tagger: ',
      );
    },
  );
});
