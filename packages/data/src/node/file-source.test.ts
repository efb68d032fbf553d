import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collect, readTsv } from '../index.ts';
import { fileSource, readFileLines } from '../node.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroll-files-'));
  await writeFile(join(folder, 'a.txt'), 'one\ntwo\n');
  await writeFile(join(folder, 'a.txt.gz'), gzipSync('one\ntwo\n'));
  await writeFile(join(folder, 'cut.gz'), gzipSync('one\ntwo\n').subarray(0, 20));
  await writeFile(join(folder, 'bad.txt'), Uint8Array.of(0x61, 0x0a, 0xff));
});
afterAll(() => rm(folder, { recursive: true }));

it.each(['a.txt', 'a.txt.gz'])('the lines of %s, as often as asked', async (name) => {
  expect(await collect(readFileLines(join(folder, name)))).toEqual(['one', 'two']);
  const source = fileSource(join(folder, name));
  expect(await collect(readTsv(source, { columns: ['word'] }))).toEqual([{ word: 'one' }, { word: 'two' }]);
  expect(await collect(readTsv(source, { columns: ['word'] }))).toHaveLength(2);
});

it('errors name the file', async () => {
  await expect(collect(readFileLines(join(folder, 'bad.txt')))).rejects.toThrow(
    `${join(folder, 'bad.txt')}:2: byte 0xFF`,
  );
  await expect(collect(readFileLines(join(folder, 'cut.gz')))).rejects.toThrow(/cut\.gz: this is no whole gzip file/);
  await expect(collect(readFileLines(join(folder, 'none.txt')))).rejects.toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  );
  await expect(collect(readFileLines(join(folder, 'none.gz')))).rejects.toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  );
});
