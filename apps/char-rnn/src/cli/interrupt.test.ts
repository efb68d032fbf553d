import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
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

  // It makes terminals, and closes them where it is killed.
  const hasScript = /util-linux/.test(String(spawnSync('script', ['--version']).stdout));
  it.skipIf(!hasScript)(
    `leaves the whole run that it showed, with its report${hasScript ? '' : ' (skipped: there is no `script` of util-linux)'}`,
    { timeout: 60_000 },
    async () => {
      writeFileSync(join(folder, 'shown.txt'), SENTENCE.repeat(12));
      const sizes = '--hidden 8 --batch 4 --time 16 --validate-every 5 --checkpoint-every 5 --steps 1000000';
      const command = `exec ${process.execPath} --conditions=@unroll/source ${cli} train shown.txt --out shown ${sizes}`;
      const terminal = spawn('script', ['-qc', command, '/dev/null'], { cwd: folder });
      terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        if (/step \d{3,} of/.test(chunk)) terminal.kill('SIGKILL');
      });
      await once(terminal, 'close');
      const isThere = (): void =>
        expect(readdirSync(join(folder, 'shown'))).toEqual(['last.safetensors', 'model.safetensors', 'report.html']);
      await vi.waitFor(isThere, { timeout: 30_000, interval: 50 });
    },
  );
});

// As `train | tee log` does where Ctrl-C ends both.
describe.skipIf(process.platform === 'win32')('Ctrl-C that ends the reader of the output too', () => {
  it('leaves the whole run, with its report', { timeout: 60_000 }, async () => {
    writeFileSync(join(folder, 'both.txt'), SENTENCE.repeat(12));
    const sizes = ['--hidden', '8', '--batch', '2', '--time', '8', '--validate-every', '1', '--steps', '1000000'];
    for (let i = 0; i < 2; i++) {
      const child = start(['train', 'both.txt', '--out', `both-${i}`, ...sizes]);
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (!/^step /m.test(text) || child.stdout.destroyed) return;
        child.stdout.destroy();
        child.kill('SIGINT');
      });
      expect(await once(child, 'close')).toEqual([130, null]);
      expect(readdirSync(join(folder, `both-${i}`))).toEqual(['last.safetensors', 'model.safetensors', 'report.html']);
    }
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
