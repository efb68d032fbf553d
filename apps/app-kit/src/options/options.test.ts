import { describe, expect, it } from 'vitest';
import { anyText, choice, flag, integer, number, path } from './kinds.ts';
import { nearest } from './nearest.ts';
import { type Texts, givenBy } from './given.ts';
import { givenTexts, readOptions } from './read.ts';

const options = {
  file: path({ hint: 'file', help: '' }),
  cell: choice({ words: ['vanilla', 'lstm', 'gru'], help: '', fallback: 'gru' }),
  hidden: integer({ hint: 'n', help: '', min: 1, max: 100, fallback: '8' }),
  'learning-rate': number({ hint: 'x', help: '', range: 'above 0', allows: (value) => value > 0, fallback: '0.5' }),
  prime: anyText({ hint: 'text', help: '', fallback: '' }),
  overwrite: flag(''),
  draw: path({ hint: 'file', help: '', endings: ['.svg', '.html'] }),
};

describe('readOptions', () => {
  it('reads what was given, else the fallback, else nothing', () => {
    expect(readOptions(options, {})).toEqual({
      file: undefined,
      cell: 'gru',
      hidden: 8,
      'learning-rate': 0.5,
      prime: '',
      overwrite: false,
      draw: undefined,
    });
    expect(
      readOptions(
        options,
        givenBy({ 'learning-rate': '1e-3', hidden: '100', overwrite: 'true', prime: ' ', draw: 'a.html' }),
      ),
    ).toMatchObject({ 'learning-rate': 0.001, hidden: 100, overwrite: true, prime: ' ', draw: 'a.html' });
  });

  it.each([
    [{ hidden: '0' }, '--hidden is 0: give an integer from 1 to 100.'],
    [{ hidden: '101' }, '--hidden is 101: give an integer from 1 to 100.'],
    [{ hidden: '1.5' }, '--hidden is 1.5: give an integer from 1 to 100.'],
    [{ hidden: 'many' }, '--hidden is many: give an integer from 1 to 100.'],
    [{ hidden: '0x10' }, '--hidden is 0x10: give an integer from 1 to 100.'],
    [{ hidden: ' ' }, '--hidden is  : give an integer from 1 to 100.'],
    [{ 'learning-rate': '0' }, '--learning-rate is 0: give a number above 0.'],
    [{ 'learning-rate': 'NaN' }, '--learning-rate is NaN: give a number above 0.'],
    [{ 'learning-rate': '1e999' }, '--learning-rate is 1e999: give a number above 0.'],
    [{ cell: 'LSTM' }, '--cell is LSTM: give vanilla, lstm or gru.'],
    [{ file: '' }, '--file is empty: give a file.'],
    [{ draw: 'a.png' }, '--draw is a.png: give a file that ends in .svg or .html.'],
    [{ overwrite: 'maybe' }, '--overwrite is maybe: it takes no value.'],
  ] as [Texts, string][])('refuses %o and says what would do', (texts, message) => {
    expect(() => readOptions(options, givenBy(texts))).toThrow(message);
  });
});

describe('givenTexts', () => {
  const given = (args: object, positional?: string) =>
    givenTexts({ _: [], ...args }, options, positional === undefined ? [] : [positional]);

  it('keeps what was given, once, and the argument without a name', () => {
    expect(given({ 'learning-rate': '2', learningRate: '2', _: ['book.txt'] }, 'file')).toEqual({
      'learning-rate': '2',
      file: 'book.txt',
    });
  });

  it.each([
    [{ hiden: '3' }, 'There is no option --hiden. Did you mean --hidden?'],
    [{ learningrate: '3' }, 'There is no option --learningrate. Did you mean --learning-rate?'],
    [{ x: true }, 'There is no option -x.'],
    [{ hidden: '' }, '--hidden needs a value: --hidden <n>.'],
    [{ file: '--hidden' }, '--file needs a value: --file <file>.'],
    [{ hidden: false }, 'There is no option --no-hidden.'],
    [{ _: ['a', 'b'] }, 'One argument too many: b.'],
    [{ _: ['a'], file: 'b' }, 'Both a and --file b are given; one is enough.'],
  ])('refuses %o', (args, message) => {
    expect(() => given(args, 'file')).toThrow(message);
  });

  it('refuses an argument where there is nothing that it could be', () => {
    expect(() => given({ _: ['a'] })).toThrow('Unexpected argument: a');
  });

  it('takes texts as they are', () => {
    expect(given({ prime: '--so it began' })).toEqual({ prime: '--so it began' });
    expect(given({ prime: '' })).toEqual({ prime: '' });
  });
});

describe('nearest', () => {
  it('finds what was meant, if anything', () => {
    const known = ['train', 'sample', 'eval', 'demo'];
    expect(nearest('trian', known)).toBe('train');
    expect(nearest('evaluate', known)).toBeUndefined();
    expect(nearest('sam', known)).toBe('sample');
    expect(nearest('frobnicate', known)).toBeUndefined();
  });
});
