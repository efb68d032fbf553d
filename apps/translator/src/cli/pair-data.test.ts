import { Preparation, UsageError, readOptions } from '@unroll/app-kit/cli';
import { Recorded } from '@unroll/app-kit/testing';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { run } from '../../test/terminal.ts';
import { readPairData } from './pair-data.ts';
import { type TrainValues, trainOptions } from './train-options.ts';

const usual = readOptions(trainOptions, {});

/** What is said while pairs are read, and then gone through once more; each takes a second. */
async function saidOf(
  values: Partial<TrainValues>,
): Promise<{ readonly lines: readonly string[]; readonly pairs: number }> {
  const output = new Recorded();
  let now = 0;
  const { train } = await readPairData({ ...usual, ...values }, new Preparation(output, () => (now += 1)));
  let pairs = 0;
  for await (const _ of train('Counting tokens')) pairs++;
  return { lines: output.text.trimEnd().split('\n'), pairs };
}

it('says how far it is while built-in pairs are drawn, and while any pairs are gone through', async () => {
  const { lines, pairs } = await saidOf({ pairs: 4000 });
  expect(lines[0]).toMatch(/^Drawing pairs: [\d,]+ of 4,000$/);
  expect(pairs).toBeGreaterThan(3500);
  expect(lines.at(-1)).toMatch(new RegExp(`^Counting tokens: [\\d,]+ of ${pairs.toLocaleString('en')}$`));
});

it('says how far it is while it reads a corpus', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'translator-'));
  try {
    const corpus = join(folder, 'pairs.tsv');
    await writeFile(corpus, Array.from({ length: 9000 }, (_, i) => `a ${i}\tb ${i}\n`).join(''));
    const { lines } = await saidOf({ corpus });
    expect(lines[0]).toMatch(/^Reading pairs: [\d,]+$/);
    expect(lines.at(-1)).toMatch(/^Counting tokens: [\d,]+ of [\d,]+$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('refuses more built-in pairs than memory holds before it draws any', async () => {
  const { code, err, out } = await run('train', '--pairs', '100000000', '--out', join(tmpdir(), 'never'));
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(
    /^--pairs is 100,000,000: so many built-in pairs take about 30\.0 GB of memory, and this process may use \d+\.\d GB\. Ask for at most [\d,]+, or give a corpus/,
  );
  await expect(readPairData({ ...usual, pairs: 2 ** 24 }, new Preparation(new Recorded()))).rejects.toThrow(UsageError);
});

it('says of pairs that fit into memory, and are too many for a set, that they are too many', () => {
  const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
  const node = ['--max-old-space-size=8000', '--conditions=@unroll/source'];
  const command = ['train', '--pairs', String(2 ** 24), '--out', join(tmpdir(), 'never')];
  const { status, stderr } = spawnSync(process.execPath, [...node, cli, ...command], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^--pairs is 16,777,216: so many built-in pairs are more than can be told apart\. Ask for at most 16,777,215, or give a corpus/,
  );
});
