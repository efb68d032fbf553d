import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { FakeTerminal } from '@unroll/app-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SENTENCE, untrained } from '../../test/models.ts';
import { run } from '../../test/terminal.ts';
import { main } from '../cli/main.ts';
import { encodeCharRnn } from '../model-file.ts';
import { coloredText } from '../cli/colored-text.ts';
import { FEATURES } from './features.ts';
import { correlation, unitRow, unitsThatFollow } from './follow.ts';
import { readUnits } from './read-units.ts';

const of = (name: string, text: string): string =>
  Array.from(FEATURES.find((feature) => feature.name === name)!.of(Array.from(text))).join('');

describe('features', () => {
  it.each([
    ['quotes', 'a "b" c', '0011000'],
    ['quotes', '“b” c', '11000'],
    ['quotes', '"a\n\nb"c', '1110011'],
    ['indentation', '  a\n b\nc', '12201100'],
    ['line', 'ab\nc\n\nd', '1201001'],
    ['word', "ab c'd", '120101'],
    ['brackets', 'a(b[c])d)', '011221000'],
    ['capitals', 'aBÄ c', '01100'],
  ])('%s of %j is %s', (name, text, numbers) => {
    expect(of(name, text)).toBe(numbers);
  });
});

describe('readUnits', () => {
  it.each(['lstm', 'gru', 'vanilla'] as const)(
    'gives what the cells of %s compute, in one stretch or many',
    async (cell) => {
      const { model, vocabulary } = untrained(SENTENCE, { cell, layers: 2 });
      const tokens = vocabulary.encode(SENTENCE.repeat(30));
      const series = await readUnits(model, tokens);
      expect(series.map(({ name }) => name)).toContain('layer 2 h');
      for (const { values } of series) expect([values.rows, values.columns]).toEqual([8, tokens.length]);
      const short = await readUnits(model, tokens.subarray(0, 40));
      const row = unitRow(
        series.find(({ name }) => name === 'layer 2 h')!,
        3,
      );
      const same = unitRow(
        short.find(({ name }) => name === 'layer 2 h')!,
        3,
      );
      expect(Array.from(row.subarray(0, 40))).toEqual(Array.from(same));
    },
  );
});

describe('correlation', () => {
  it('is Pearson’s', () => {
    expect(correlation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
    expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    expect(correlation([1, 2, 3, 4], [1, 3, 2, 5])).toBeCloseTo(0.8315, 4);
    expect(correlation([1, 1, 1], [1, 2, 3])).toBe(0);
  });
});

describe('unitsThatFollow', () => {
  const text = Array.from('"ab" cd (e) "f" g\nhi "jk" l\n'.repeat(10));
  const quotes = FEATURES[0]!;

  it('finds the unit that does, among others, and judges it by the other half', () => {
    const [rows, columns] = [5, text.length];
    const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * i));
    data.set(quotes.of(text).map((value, i) => 0.5 - value + 0.1 * Math.sin(i * i)), 3 * columns); // prettier-ignore
    const [found] = unitsThatFollow([{ name: 'layer 1 h', values: { rows, columns, data } }], text, [quotes], 2);
    expect(found!.units).toHaveLength(2);
    expect(found!.units[0]).toMatchObject({ series: 'layer 1 h', unit: 3 });
    expect(found!.units[0]!.correlation).toBeLessThan(-0.95);
    expect(Math.abs(found!.units[1]!.correlation)).toBeLessThan(0.5);
  });

  it('says nothing of what never changes', () => {
    const data = new Float32Array(text.length);
    const series = [{ name: 'layer 1 h', values: { rows: 1, columns: text.length, data } }];
    const indentation = FEATURES.filter(({ name }) => name === 'indentation');
    expect(unitsThatFollow(series, text, indentation, 1)[0]!.units).toEqual([]);
  });
});

describe('coloredText', () => {
  it('escapes the text, and joins what has one colour', () => {
    const { source } = coloredText(['<', 'b', '\n'], [1, 1, -1]);
    expect(source.match(/<span /g)).toHaveLength(2);
    expect(source).toMatch(
      /^<span style="background:rgb\(\d+ \d+ \d+\);color:#fff">&#60;b<\/span><span .*>↵\n<\/span>$/,
    );
  });
});

describe('inspect', () => {
  const root = mkdtempSync(join(tmpdir(), 'char-rnn-units-'));
  const model = join(root, 'model.safetensors');
  const book = join(root, 'book.txt');
  const page = join(root, 'units.html');
  beforeAll(async () => {
    writeFileSync(model, await encodeCharRnn(untrained(`${SENTENCE}"`)));
    writeFileSync(book, `"${SENTENCE.repeat(3)}" the fox.\n`.repeat(20));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('names the best units and their correlation, and draws them over a text, here and in a page', async () => {
    const { code, out, err } = await run('inspect', model, 'the "lazy" dog', '--over', book, '--draw', page);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/quotes +layer 1 [rznh], unit \d \(r -?[01]\.\d\d\); layer 1/);
    expect(out).toMatch(/brackets +always the same in half of the text/);
    expect(out.split('\n').filter((line) => line.includes('the "lazy" dog'))).toHaveLength(3);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('Correlations over book.txt');
    expect(html).not.toMatch(/<script|https?:/);
  });

  it('draws in colour on a terminal, over the beginning of the text where no other is given', async () => {
    const terminal = new FakeTerminal('char-rnn', { isTTY: true, columns: 60 });
    Object.assign(terminal.stdout, { getColorDepth: () => 24 });
    expect(await main(['inspect', model, '--over', book, '--characters', '500'], terminal)).toBe(0);
    expect(terminal.stdout.text).toContain('\u001B[38;2;');
    expect(stripVTControlCharacters(terminal.stdout.text)).toContain('"the quick brown fox');
  });

  it('draws a picture, too', async () => {
    const picture = join(root, 'units.svg');
    expect((await run('inspect', model, 'a "b" <c>', '--over', book, '--draw', picture)).code).toBe(0);
    const svg = readFileSync(picture, 'utf8');
    expect(svg).toMatch(/^<svg [^]*quotes: layer 1 [^]*<\/svg>\n$/);
    expect(svg).toContain('&lt;');
    const { code, err } = await run('inspect', model, 'a', '--over', book, '--draw', join(root, 'units.png'));
    expect([code, err]).toEqual([2, expect.stringContaining('give a file that ends in .html or .svg')]);
  });

  it('refuses what it can’t read', async () => {
    expect((await run('inspect', join(root, 'none'))).code).toBe(2);
    expect((await run('inspect', model, 'a', '--over', join(root, 'none'))).err).toContain('There is no file');
    expect((await run('inspect', model, '')).err).toContain('--text is empty');
    expect((await run('inspect', model, 'a', 'b')).err).toContain('One argument too many: b.');
    expect(existsSync(join(root, 'b'))).toBe(false);
  });
});
