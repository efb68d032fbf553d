import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'make-folder-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('a folder', () => {
  it('is made with those above it, by several at once too', async () => {
    const folder = join(root, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(folder)));
    expect((await stat(folder)).isDirectory()).toBe(true);
    await makeFolder(folder);
  });

  it('is not made where a file is', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(makeFolder(join(root, 'file'))).rejects.toThrow('EEXIST');
    await expect(makeFolder(join(root, 'file', 'in'))).rejects.toThrow(/ENOTDIR|EEXIST/);
  });

  it.skipIf(process.platform === 'win32')('is not made behind a link to nowhere', async () => {
    await symlink(join(root, 'nowhere', 'at-all'), join(root, 'link'));
    await expect(makeFolder(join(root, 'link'))).rejects.toThrow('ENOENT');
  });
});
