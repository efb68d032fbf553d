import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

function run(proof: string, ...args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  const file = fileURLToPath(new URL(`../${proof}.ts`, import.meta.url));
  return spawnSync(process.execPath, ['--conditions=@unroll/source', file, ...args], { encoding: 'utf8' });
}

describe('what a proof is told', () => {
  it.each([
    ['streaming', '--app-mebibytes', 'abc'],
    ['streaming', '--mebibytes', '0'],
    ['streaming', '--heap', '1.5'],
    ['soak', '--steps', '1e3'],
    ['kill', '--seed', ''],
  ])('is refused before anything runs: %s %s %s', (proof, option, text) => {
    expect(run(proof, option, text)).toMatchObject({
      status: 2,
      stderr: `${option} ${text}: an integer from 1 on is needed.\n`,
    });
  });

  it('may not be unknown', () => {
    expect(run('streaming', '--bytes', '3')).toMatchObject({ status: 2, stderr: expect.stringContaining('--bytes') });
  });
});
