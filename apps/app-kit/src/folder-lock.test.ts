import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.ts';
import { UsageError } from './usage-error.ts';

const root = mkdtempSync(join(tmpdir(), 'lock-'));
afterAll(() => rmSync(root, { recursive: true }));
const file = join(root, '.run.lock');

describe('a folder that a run writes to', () => {
  it('is refused to others until its end', async () => {
    const letGo = await lockFolder(root);
    const refused = await lockFolder(root).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UsageError);
    expect((refused as Error).message).toBe(
      `Another run, process ${process.pid}, is writing to ${root}. Wait for its end, or choose another folder with --out. If there is none, remove ${file}.`,
    );
    await letGo();
    expect(readdirSync(root)).toEqual([]);
    await (
      await lockFolder(root)
    )();
  });

  it('is free after a run that was killed', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    for (const left of [JSON.stringify({ process: pid, host: hostname() }), '', '{"pro']) {
      writeFileSync(file, left);
      await (
        await lockFolder(root)
      )();
      expect(existsSync(file)).toBe(false);
    }
  });

  it('is of one alone of several processes that want it at once', { timeout: 60_000 }, async () => {
    const rounds = 20;
    for (let round = 0; round < rounds; round++) {
      mkdirSync(join(root, `${round}`));
      // What a run left that was killed.
      if (round % 2 === 0) writeFileSync(join(root, `${round}`, '.run.lock'), '');
    }
    const start = Date.now() + 1000;
    const script = `
      import { lockFolder } from ${JSON.stringify(new URL('folder-lock.ts', import.meta.url))};
      const got = [];
      for (let round = 0; round < ${rounds}; round++) {
        while (Date.now() < ${start} + 40 * round);
        await lockFolder(${JSON.stringify(root)} + '/' + round).then(() => got.push(round), () => undefined);
      }
      console.log(JSON.stringify(got));
      // Until its end the folders are its own.
      for await (const _ of process.stdin);`;
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ['--conditions=@unroll/source', '--input-type=module', '--eval', script], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const got = await Promise.all(
      children.map(async ({ stdout }) => JSON.parse(String((await once(stdout, 'data'))[0])) as number[]),
    );
    for (const { stdin } of children) stdin.end();
    await Promise.all(children.map((child) => once(child, 'close')));
    expect(got.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: rounds }, (_, round) => round));
    for (const each of readdirSync(root)) rmSync(join(root, each), { recursive: true });
  });

  it('is free after a run that was killed while it took the folder', async () => {
    const taking = join(root, '.run.lock.taking');
    writeFileSync(taking, '');
    const before = new Date(Date.now() - 200_000);
    utimesSync(taking, before, before);
    await (
      await lockFolder(root)
    )();
    expect(readdirSync(root)).toEqual([]);
  });

  it('is free after one that had the number of this process, as in a container', async () => {
    writeFileSync(file, JSON.stringify({ process: process.pid, host: hostname() }));
    await (
      await lockFolder(root)
    )();
    expect(existsSync(file)).toBe(false);
  });

  it('stays taken by a run on another machine until that gives no sign of life any more', async () => {
    writeFileSync(file, JSON.stringify({ process: 7, host: 'elsewhere' }));
    await expect(lockFolder(root)).rejects.toThrow('Another run, process 7 on elsewhere, is writing to');
    const before = new Date(Date.now() - 200_000);
    utimesSync(file, before, before);
    await (
      await lockFolder(root)
    )();
  });

  it('has to be there', async () => {
    await expect(lockFolder(join(root, 'nowhere'))).rejects.toThrow('Nothing can be written to');
  });
});
