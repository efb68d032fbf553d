import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSafetensorsFile, writeFileAtomic, writeSafetensorsFile } from '../node.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroll-io-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writeFileAtomic', () => {
  it('writes a new file and replaces an old one, leaving nothing else in the folder', async () => {
    const path = join(folder, 'a file');
    for (const content of [[1, 2, 3], [], [4]]) {
      await writeFileAtomic(path, Uint8Array.from(content));
      expect([...(await readFile(path))]).toEqual(content);
    }
    expect(await readdir(folder)).toEqual(['a file']);
  });

  it('writes a view, not the buffer behind it', async () => {
    await writeFileAtomic(join(folder, 'a'), Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
    expect([...(await readFile(join(folder, 'a')))]).toEqual([2, 3]);
  });

  it('keeps the old content and removes its temporary file where it fails', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    await writeFile(join(path, 'inside'), 'x');
    // A folder can't be replaced by a file: the rename fails after the temporary file was written.
    await expect(writeFileAtomic(path, Uint8Array.of(1))).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    expect(await readdir(folder)).toEqual(['taken']);
    expect(await readdir(path)).toEqual(['inside']);
  });

  it('passes on the error of a folder that does not exist', async () => {
    await expect(writeFileAtomic(join(folder, 'no', 'file'), Uint8Array.of(1))).rejects.toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });

  it('two writers at once leave the content of one of them', async () => {
    const path = join(folder, 'a');
    const contents = Array.from({ length: 8 }, (_, i) => new Uint8Array(100_000).fill(i));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    const found = await readFile(path);
    expect(contents.some((content) => found.equals(content))).toBe(true);
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('a process killed at any moment leaves the old content or the new, complete', async () => {
    const path = join(folder, 'checkpoint');
    const size = 2_000_000;
    await writeFile(path, new Uint8Array(size));
    for (let round = 0; round < 12; round++) {
      // Writes without end, each file full of one byte value; tells when the first is done.
      const script = `
        import { writeFileAtomic } from ${JSON.stringify(new URL('write-file-atomic.ts', import.meta.url))};
        for (let i = 0; ; i++) {
          await writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(${size}).fill(i));
          if (i === 0) console.log('writing');
        }`;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const closed = once(child, 'close');
      await once(child.stdout, 'data');
      // Another moment of a write each time.
      await new Promise((resolve) => setTimeout(resolve, round));
      child.kill('SIGKILL');
      await closed;
      const content = await readFile(path);
      expect(content).toHaveLength(size);
      expect(content.equals(new Uint8Array(size).fill(content[0]!))).toBe(true);
    }
    const leftovers = (await readdir(folder)).filter((name) => name !== 'checkpoint');
    expect(leftovers.every((name) => /^\.unroll-[0-9a-f-]{36}\.tmp$/.test(name))).toBe(true);
  });
});

describe('safetensors files', () => {
  it('come back as they were written', async () => {
    const path = join(folder, 'weights.safetensors');
    const tensors = { a: { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) } } as const;
    await writeSafetensorsFile(path, tensors, { made: 'by a test' });
    const file = await readSafetensorsFile(path);
    expect(file.tensors).toEqual(new Map(Object.entries(tensors)));
    expect([...file.metadata]).toEqual([['made', 'by a test']]);
  });

  it('that are damaged give an error that names the file and the rule', async () => {
    const path = join(folder, 'weights.safetensors');
    await writeFile(path, 'abc');
    await expect(readSafetensorsFile(path)).rejects.toThrow(
      expect.objectContaining({
        code: 'INVALID_FILE',
        problem: 'file-too-short',
        message: expect.stringContaining(`safetensors: ${path}: the file has 3 bytes`),
      }),
    );
  });

  it('stay as they are where the new content is refused', async () => {
    const path = join(folder, 'weights.safetensors');
    await writeSafetensorsFile(path, {});
    const before = await readFile(path);
    await expect(writeSafetensorsFile(path, {}, { a: 1 as never })).rejects.toThrow(/no string/);
    expect(await readFile(path)).toEqual(before);
  });
});
