import { FakeTerminal } from '@unroll/app-kit/testing';
import { type Given, givenBy, runTraining } from '@unroll/app-kit/cli';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SENTENCE } from '../../test/models.ts';
import { run } from '../../test/terminal.ts';
import { TRAINER } from './trainer.ts';

const root = mkdtempSync(join(tmpdir(), 'char-rnn-one-'));
afterAll(() => rmSync(root, { recursive: true }));
const book = join(root, 'book.txt');
writeFileSync(book, SENTENCE.repeat(12));
const small = [book, '--hidden=4', '--embedding=2', '--batch=2', '--time=8', '--validate-every=2'];

/** A run during whose preparation, which takes minutes for a large text, another one takes place. */
async function runBeside(given: Given, other: readonly string[]): Promise<unknown> {
  const trainer: typeof TRAINER = {
    ...TRAINER,
    async readData(values, preparation) {
      expect((await run('train', ...other)).code).toBe(0);
      return TRAINER.readData(values, preparation);
    },
  };
  return runTraining(trainer, given, new FakeTerminal('char-rnn')).catch((error: unknown) => error);
}

describe('what another run left in the folder while this one was getting ready', () => {
  it('is not written over by a new run', async () => {
    const out = join(root, 'new');
    const given = givenBy({ text: book, hidden: '5', batch: '2', time: '8', steps: '1', out });
    const outcome = await runBeside(given, [...small, '--steps=2', '--out', out]);
    expect(String(outcome)).toMatch(/UsageError: .*new already holds a model\. Choose another folder with --out/);
  });

  it('is not written over by one that goes on from an earlier step', async () => {
    const out = join(root, 'resumed');
    await run('train', ...small, '--steps=2', '--out', out);
    const given = givenBy({ text: book, resume: out, steps: '4' });
    const outcome = await runBeside(given, [book, '--resume', out, '--steps', '6']);
    expect(String(outcome)).toMatch(/UsageError: Another run went on in .*resumed in the meantime\. Begin again/);
    expect((await run('train', book, '--resume', out, '--steps', '7')).out).toContain('goes on after step 6\n');
  });
});
