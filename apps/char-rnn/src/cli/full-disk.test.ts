import { FakeTerminal } from '@unroll/app-kit/testing';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SENTENCE } from '../../test/models.ts';
import { run } from '../../test/terminal.ts';
import { main } from './main.ts';

const root = mkdtempSync(join(tmpdir(), 'char-rnn-full-'));
afterAll(() => rmSync(root, { recursive: true }));
const book = join(root, 'book.txt');
writeFileSync(book, SENTENCE.repeat(12));
const sizes = ['--hidden=4', '--embedding=2', '--batch=2', '--time=8', '--validate-every=2', '--checkpoint-every=2'];

describe('a disk that is full while a model trains', () => {
  const out = join(root, 'model');
  const aside = join(root, 'aside');

  it('ends no run; what could not be saved is saved when there is room again', async () => {
    const terminal = new FakeTerminal('char-rnn');
    terminal.stdout.onWrite = (text) => {
      // A file in the place of the folder: nothing can be written.
      if (text.startsWith('step 4: loss')) {
        renameSync(out, aside);
        writeFileSync(out, '');
      }
      if (text.startsWith('step 8: loss')) {
        rmSync(out);
        renameSync(aside, out);
      }
    };
    expect(await main(['train', book, ...sizes, '--steps', '10', '--out', out], terminal)).toBe(0);
    const { text } = terminal.stdout;
    expect(text.match(/can't be written to/g)).toHaveLength(1);
    expect(text).toMatch(
      /step 4: .* can't be written to .* The run goes on, and it is tried again with the next checkpoint\./,
    );
    expect(text).toContain('step 8: what could not be written is saved.');
    expect(text).toContain('Done at step 10');
    // To the bit the run that had room.
    await run('train', book, ...sizes, '--steps', '10', '--out', join(root, 'other'));
    const sampled = (folder: string): Promise<{ readonly out: string }> => run('sample', folder, '--seed', '1');
    expect((await sampled(out)).out).toBe((await sampled(join(root, 'other'))).out);
  });

  it('ends no run where it is the disk of the log', async () => {
    const terminal = new FakeTerminal('char-rnn');
    terminal.stdout.onWrite = (text) => {
      if (text.startsWith('step ')) terminal.failOutput(new Error('ENOSPC: no space left on device, write'));
    };
    const logged = join(root, 'logged');
    expect(await main(['train', book, ...sizes, '--steps', '4', '--out', logged], terminal)).toBe(0);
    expect(terminal.stderr.text).toBe(
      "The output can't be written: ENOSPC: no space left on device. The run goes on.\n",
    );
    expect(existsSync(join(logged, 'report.html'))).toBe(true);
  });
});
