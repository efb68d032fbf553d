import { FakeTerminal } from '@unroll/app-kit/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../main.ts';

const root = mkdtempSync(join(tmpdir(), 'char-rnn-chat-'));
const model = join(root, 'model');
// Learns that red and blue take turns: a model that cares what it has read.
beforeAll(async () => {
  const book = join(root, 'book.txt');
  writeFileSync(book, 'ping\nred\nping\nblue\n'.repeat(40));
  const sizes = [
    '--hidden',
    '24',
    '--embedding',
    '8',
    '--batch',
    '2',
    '--time',
    '32',
    '--steps',
    '400',
    '--learning-rate',
    '0.02',
  ];
  await main(['train', book, '--out', model, ...sizes], new FakeTerminal('char-rnn'));
});
afterAll(() => rmSync(root, { recursive: true }));

async function chat(
  lines: readonly string[] | Uint8Array,
  ...more: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const input = lines instanceof Uint8Array ? lines : lines.join('\n');
  const terminal = new FakeTerminal('char-rnn', { input });
  const code = await main(['chat', model, '--seed', '1', '--length', '30', ...more], terminal);
  return { code, out: terminal.stdout.text, err: terminal.stderr.text };
}

describe('chat in a pipe', () => {
  it('answers each line, says nothing else, and ends with the input', async () => {
    const { code, out, err } = await chat(['red', 'blue', '']);
    expect([code, err]).toEqual([0, '']);
    expect(out.length).toBeGreaterThan(20);
    expect(out).not.toContain('> ');
    expect((await chat(['red', 'blue'])).out).toBe(out);
  });

  it('keeps its state from line to line, until /reset', async () => {
    const short = ['/temperature 0', '/length 1'];
    // It writes a p, and reads the rest of ping: what comes next depends on what was before.
    expect((await chat([...short, 'red', 'ing'])).out).toBe('p\nb\n');
    expect((await chat([...short, 'blue', 'ing'])).out).toBe('p\nr\n');
    const { out: forgotten } = await chat([...short, 'red', '/reset', 'blue', 'ing']);
    expect(forgotten).toBe('p\np\nr\n');
  });

  it('changes how it writes, says what would do, and quits', async () => {
    const { code, out, err } = await chat([
      '/temperature 0.5',
      '/top-k 5',
      '/top-k off',
      '/length',
      '/temperature warm',
      '/top-p 2',
      '/temprature 1',
      '/help',
      '/quit',
      'not read any more',
    ]);
    expect([code, out]).toEqual([0, '']);
    expect(err).toContain('(temperature 0.5, top-k off, top-p off, length 30)\n(temperature 0.5, top-k 5, ');
    expect(err).toContain('/temperature warm: give a number from 0 on.');
    expect(err).toContain('/top-p 2: give a number above 0, up to 1, or off.');
    expect(err).toContain('There is no /temprature. Did you mean /temperature?');
    expect(err).toContain('/reset   it forgets all that was said');
  });

  it('warns of characters that the model does not know, and goes on', async () => {
    const { code, out, err } = await chat(['réd ß ß']);
    expect([code, err]).toEqual([
      0,
      'The model does not know "é", " " (2 times), "ß" (2 times). It reads on without what they mean.\n',
    ]);
    expect(out).not.toBe('\n');
  });

  it('goes on at an empty line', async () => {
    const [first, more] = await Promise.all([chat(['red']), chat(['red', '', ''])]);
    expect(more.out.startsWith(first.out)).toBe(true);
    expect(more.out.length).toBeGreaterThan(first.out.length + 10);
  });

  it('refuses what is no UTF-8, and a model that is none', async () => {
    expect(await chat(Uint8Array.of(0x66, 0xe9, 0x0a))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/standard input:1: byte 0xE9.* iconv .* text.txt > utf8.txt/),
    });
    const terminal = new FakeTerminal('char-rnn', { input: '' });
    expect(await main(['chat', join(root, 'none')], terminal)).toBe(2);
  });
});

describe('chat with a person', () => {
  it('has a prompt and tells what may be typed; Ctrl-C ends a reply, and at the prompt the program', async () => {
    let ask: (line: string) => void = () => undefined;
    const typed = async function* (): AsyncGenerator<string, void, undefined> {
      for (;;) yield await new Promise<string>((resolve) => (ask = resolve));
    };
    const stdin = Object.assign(typed(), { isTTY: true });
    const terminal = Object.assign(new FakeTerminal('char-rnn', { isTTY: true }), { stdin });
    const { stderr } = terminal;
    let shown = '';
    let reply = '';
    let left = '';
    terminal.stdout.onWrite = (text) => {
      // The long reply is interrupted when it has begun.
      shown += text;
      const prompts = shown.split('> ').length - 1;
      if (prompts === 2 && !text.includes('> ') && (reply += text).length === 50) terminal.interrupt();
      if (!text.includes('> ')) return;
      setTimeout(() => {
        if (prompts === 1) return ask('/length 1000000\n');
        if (prompts === 2) return ask('red\n');
        try {
          terminal.interrupt();
        } catch (error) {
          left = (error as Error).message;
          ask('/quit\n');
        }
      });
    };
    expect(await main(['chat', model, '--seed', '1'], terminal)).toBe(0);
    expect(left).toBe('left with 130');
    expect(stderr.text).toContain('an empty line lets the model go on');
    expect(reply.length).toBeGreaterThanOrEqual(50);
    expect(reply.length).toBeLessThan(10_000);
  });
});
