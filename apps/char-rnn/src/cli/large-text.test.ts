import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { Vocabulary } from '@unroll/data';
import { SENTENCE } from '../../test/models.ts';
import { encodeText, readThrough } from './text-file.ts';

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'char-rnn-large-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, part: string | Uint8Array, times: number): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  for (let i = 0; i < times; i++) writeSync(file, Buffer.from(part));
  closeSync(file);
  return path;
}

describe('a large text', () => {
  it('is trained on with less heap than its characters would take as a string and as numbers', async () => {
    const mebibyte = SENTENCE.repeat(Math.ceil(2 ** 20 / SENTENCE.length));
    const text = write('large.txt', mebibyte, 12);
    // The program itself takes some 30 MiB; 12 million numbers in an array would take 96.
    const sizes = [
      '--hidden',
      '8',
      '--embedding',
      '4',
      '--batch',
      '2',
      '--time',
      '8',
      '--steps',
      '2',
      '--backend',
      'cpu',
    ];
    const argv = ['--max-old-space-size=56', '--conditions=@unroll/source', cli, 'train', text, ...sizes];
    const child = spawn(process.execPath, [...argv, '--validate-every', '2', '--out', join(folder, 'out')]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    }
    const [code] = (await once(child, 'close')) as [number];
    expect([code, output]).toEqual([0, expect.stringMatching(/Text +large.txt: 12,58\d,\d{3} characters/)]);
  });

  it('becomes tokens of one byte each, the same as if it had been read at once, wherever its pieces are cut', async () => {
    // Three and four bytes a character, so that pieces of 2¹⁶ bytes end inside of some; \r\n across their borders too.
    const line = 'naïve 世界 🎈 x\r\n';
    const path = write('wide.txt', line.repeat(1000), 20);
    const text = await readThrough(path);
    const content = line.replace('\r\n', '\n').repeat(20_000);
    expect([text.hadCarriageReturns, text.identity.length]).toEqual([true, content.length]);
    const vocabulary = Vocabulary.fromText(content, { specials: ['unk'] });
    const { tokens, unknowns } = await encodeText(text, vocabulary);
    expect(tokens).toBeInstanceOf(Uint8Array);
    expect(unknowns.size).toBe(0);
    expect(Array.from(tokens)).toEqual(Array.from(vocabulary.encode(content)));
  });

  it('takes two bytes a token where there are more characters than one byte can tell apart', async () => {
    const characters = Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('');
    const text = await readThrough(write('many.txt', characters, 1));
    const { tokens } = await encodeText(text, Vocabulary.fromText(characters));
    expect(tokens).toBeInstanceOf(Uint16Array);
    expect([tokens.length, tokens[299]]).toEqual([300, 299]);
  });

  it('may be compressed', async () => {
    const plain = await readThrough(write('plain.txt', SENTENCE, 50));
    const compressed = await readThrough(write('plain.txt.gz', gzipSync(SENTENCE.repeat(50)), 1));
    expect(compressed.identity.sha256).toBe(plain.identity.sha256);
    await expect(readThrough(write('broken.txt.gz', 'not gzip', 1))).rejects.toThrow(/this is no whole gzip file/);
  });
});
