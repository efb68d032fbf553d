import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { root } from './checkout.ts';

interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(file: string, ...args: readonly string[]): Promise<Said> {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
  const child = spawn(process.execPath, ['--conditions=@unroll/source', join(root, file), ...args], { env });
  const closed = new Promise<number>((resolve) => void child.on('close', resolve));
  const [status, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { status, stdout, stderr };
}

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** The file of each script that runs a proof or a measurement. */
const programs = Object.entries(scripts).flatMap(([name, command]) => {
  const file = / ((?:proofs|benchmarks)\/\S+\.ts)$/.exec(command)?.[1];
  return file === undefined ? [] : [[name, file] as const];
});

describe.concurrent('what a proof is told', () => {
  it.each([
    ['streaming', '--app-mebibytes', 'abc'],
    ['streaming', '--mebibytes', '0'],
    ['streaming', '--heap', '1.5'],
    ['soak', '--steps', '1e3'],
    ['kill', '--seed', ''],
  ])('is refused before anything runs: %s %s %s', async (proof, option, value) => {
    expect(await run(`proofs/src/${proof}.ts`, option, value)).toMatchObject({
      status: 2,
      stderr: `${option} ${value}: an integer from 1 on is needed.\n`,
    });
  });

  it.each([
    [['streaming', '--only', 'csv,cvs'], '--only cvs: there are conllu, '],
    [['gpu', '--mode', 'webgl'], '--mode webgl: there are cpu, '],
    [['gpu', 'webgl2'], "Unexpected argument 'webgl2'. The options are --mode; --help tells more.\n"],
    [['kill', '--seed'], "Option '--seed <value>' argument missing. The options are --seed; "],
    [['train-reference', '--only', 'chars'], '--only chars: there are char, tagger, '],
    [
      ['train-reference', '--only', 'char', '--epochs', '3'],
      '--epochs: char has no such option. Its options are run, ',
    ],
    [['train-reference', '--only', 'char,tagger', '--run', 'gru'], '--run gru: tagger has words, '],
  ])('may not be unknown: %j', async ([proof, ...args], said) => {
    const { status, stderr } = await run(`proofs/src/${proof}.ts`, ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(said);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe.concurrent.each(programs)('pnpm %s', (name, file) => {
  it('tells with --help what it does', async () => {
    const { status, stdout, stderr } = await run(file, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('Error') });
    expect(stdout).toContain(`USAGE pnpm ${name} `);
  });

  it('says in one line that it does not know an option', async () => {
    const { status, stderr } = await run(file, '--nonsense');
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/^.*--nonsense.*\n$/) });
  });
});

it('knows the programs', () => {
  expect(programs.length).toBeGreaterThan(14);
});
