import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('bench.ts', import.meta.url));

/** On the sources of the packages, so that nothing must be built. */
async function bench(...args: readonly string[]): Promise<string> {
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@unroll/source'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, ...args]);
  return stdout;
}

describe('pnpm bench', () => {
  it('prints a JSON line per row, whose first losses prove the work', async () => {
    const stdout = await bench('--only', 'W1', '--impl', 'unroll-cpu', '--json', '--rounds', '1', '--steps', '1');
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(1);
    const row: unknown = JSON.parse(lines[0]!);
    expect(row).toMatchObject({ workload: 'W1', impl: 'unroll-cpu', rounds: 1, steps: 1, sameWork: true });
    expect(row).toMatchObject({
      wall: expect.any(Number),
      cpu: expect.any(Number),
      tokensPerSecond: expect.any(Number),
    });
  });

  it('lists who failed with the reason', async () => {
    const stdout = await bench('--only', 'W1', '--impl', 'yardstick', '--ceiling', '/nowhere', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      impl: 'yardstick',
      rounds: 0,
      error: expect.stringContaining('--ceiling'),
    });
  });

  it('refuses what it does not know', async () => {
    await expect(bench('--only', 'W9')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('W9') });
  });
});
