import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
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
