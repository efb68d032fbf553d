import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { SENTENCE } from '../../test/models.ts';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'char-rnn-'));
afterAll(() => rmSync(folder, { recursive: true }));

function start(args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['--conditions=@unroll/source', cli, ...args], { cwd: folder });
}

/** What a run writes until it is interrupted, which happens after the first step, and its exit code. */
async function interrupted(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const child = start(args);
  let text = '';
  let isInterrupted = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (isInterrupted || !/^step /m.test(text)) return;
      isInterrupted = true;
      child.kill('SIGINT');
    });
  }
  const [code] = (await once(child, 'close')) as [number];
  return { code, text };
}

// Windows has no SIGINT to send.
describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  it('saves the run and tells a command that goes on with it', { timeout: 60_000 }, async () => {
    writeFileSync(join(folder, 'my book.txt'), SENTENCE.repeat(12));
    const options = [
      '--steps',
      '1000000',
      '--validate-every',
      '1',
      '--hidden',
      '8',
      '--batch',
      '2',
      '--time',
      '8',
      '--threads',
      '2',
    ];
    const first = await interrupted(['train', 'my book.txt', '--out', 'out', ...options]);
    expect(first.code).toBe(130);
    const [, step, command] = /Stopped at step ([\d,]+), [^]*Go on with:\n {2}(.*)\n/.exec(first.text) ?? [];
    expect(command).toMatch(/^node .*cli\.ts train 'my book.txt' --resume out$/);
    const args = [...command!.slice(command!.indexOf(' train ')).matchAll(/'([^']*)'|(\S+)/g)].map(
      ([, quoted, word]) => quoted ?? word!,
    );
    const second = await interrupted(args);
    expect(second.text).toContain(`goes on after step ${step}\n`);
    expect(second.text).toMatch(
      /on wasm: WebAssembly SIMD( in vectors of 256 bits \([\d.]+ × the speed of 128\))?, (2|1 of 2) threads;/,
    );
    expect(second.code).toBe(130);
  });
});

describe.skipIf(process.platform === 'win32')('a terminal that is closed', () => {
  it('does not end a run whose output goes elsewhere, as by nohup', { timeout: 60_000 }, async () => {
    writeFileSync(join(folder, 'hung.txt'), SENTENCE.repeat(12));
    const sizes = ['--hidden', '8', '--batch', '2', '--time', '8', '--validate-every', '1', '--steps', '1000000'];
    const child = start(['train', 'hung.txt', '--out', 'hung', ...sizes]);
    let lines = 0;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      lines += chunk.split('\n').length - 1;
      if (/^step 1:/m.test(chunk)) child.kill('SIGHUP');
      if (lines > 200) child.kill('SIGINT');
    });
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(lines).toBeGreaterThan(200);
  });
});

// As `2>&1 | head` does. Windows has no EPIPE.
describe.skipIf(process.platform === 'win32')('outputs that nobody reads any more', () => {
  it('both of them: the run is saved all the same', { timeout: 60_000 }, async () => {
    writeFileSync(join(folder, 'book.txt'), SENTENCE.repeat(12));
    const sizes = ['--hidden', '8', '--batch', '2', '--time', '8', '--validate-every', '1', '--steps', '1000000'];
    const child = start(['train', 'book.txt', '--out', 'unread', ...sizes]);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!/^step /m.test(text)) return;
      child.stdout.destroy();
      child.stderr.destroy();
    });
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(existsSync(join(folder, 'unread', 'last.safetensors'))).toBe(true);
  });
});
