import { join } from 'node:path';
import { dataFolder } from '@unroll/fixtures';
import { describe, expect, it } from 'vitest';
import {
  collect,
  readConll,
  readLinePairs,
  readLines,
  readTsv,
  tagProblems,
  BIO,
  bioToBioes,
  bioesToBio,
} from '../index.ts';
import { fileSource, readFileLines } from '../node.ts';

describe('readConll', () => {
  it('reads chosen columns; lines of white space divide sentences', async () => {
    const text = '-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\n\t\n. . O';
    const sentences = await collect(readConll(text, { columns: ['word', null, 'tag'], separator: ' ' }));
    expect(sentences).toEqual([
      { line: 3, columns: { word: ['EU', 'rejects'], tag: ['B-ORG', 'O'] } },
      { line: 6, columns: { word: ['.'], tag: ['O'] } },
    ]);
  });

  it('a word may be #, unless that begins comments', async () => {
    expect(await collect(readConll('#\tO', { columns: ['word', 'tag'] }))).toHaveLength(1);
    expect(await collect(readConll('# id\na\tO', { columns: ['word', 'tag'], comment: '#' }))).toEqual([
      { line: 1, columns: { word: ['a'], tag: ['O'] } },
    ]);
  });

  it('says at which line a column is missing, and whether another separator fits', async () => {
    const read = (text: string): Promise<unknown> =>
      collect(readConll(text, { columns: ['word', 'tag'], file: 'a.conll' }));
    await expect(read('a\tO\nb')).rejects.toThrow(/^a\.conll:2: 1 columns instead of 2.*Name every column/);
    await expect(read('\n\na O')).rejects.toThrow(/^a\.conll:3: .*pass separator: " "/);
  });
});

describe('readTsv', () => {
  it('reads records of the columns named, and leaves empty lines out', async () => {
    const records = readTsv('Go.\tVa !\tcc\n\nHi.\tSalut "toi.\tcc\n', { columns: ['english', 'french', null] });
    expect(await collect(records)).toEqual([
      { english: 'Go.', french: 'Va !' },
      { english: 'Hi.', french: 'Salut "toi.' },
    ]);
  });

  it('the last column can take the rest of the line', async () => {
    const records = readTsv('1 a b c\n0 d\n', { columns: ['label', 'text'], separator: ' ', lastTakesRest: true });
    expect(await collect(records)).toEqual([
      { label: '1', text: 'a b c' },
      { label: '0', text: 'd' },
    ]);
    const short = readTsv('1\n', { columns: ['label', 'text'], separator: ' ', lastTakesRest: true });
    await expect(collect(short)).rejects.toThrow(/input:1: 1 columns instead of 2/);
  });

  it('says at which line a column is missing', async () => {
    const records = readTsv('a\tb\n\nc\n', { columns: ['x', 'y'], file: 'p.tsv' });
    await expect(collect(records)).rejects.toThrow(
      expect.objectContaining({ line: 3, file: 'p.tsv', code: 'INVALID_FILE' }),
    );
  });
});

describe('readLinePairs', () => {
  it('pairs lines, empty ones too', async () => {
    expect(await collect(readLinePairs('a\n\nc', 'x\ny\nz\n'))).toEqual([
      ['a', 'x'],
      ['', 'y'],
      ['c', 'z'],
    ]);
  });

  it('says where one text ends before the other', async () => {
    const pairs = readLinePairs('a\nb\n', 'x\n', { first: { file: 'a.de' }, second: { file: 'a.en' } });
    await expect(collect(pairs)).rejects.toThrow(/^a\.en:2: the text ends here, but a\.de goes on/);
  });
});

const folder = dataFolder();

describe.skipIf(!folder)(`real files${folder ? '' : ' (skipped: no folder of data sets)'}`, () => {
  const at = (name: string): string => join(folder!, `${name}.gz`);

  it.each([
    ['train', 3_394, 62_730, 1_975, 41],
    ['dev', 1_009, 15_733, 836, 82],
  ])(
    'WNUT-17 %s: sentences, tokens and entities as documented, tags well-formed',
    async (part, sentences, tokens, entities, longest) => {
      const found = await collect(readConll(fileSource(at(`ner/wnut17.${part}.conll`)), { columns: ['word', 'tag'] }));
      expect(found).toHaveLength(sentences);
      expect(found.reduce((sum, { columns }) => sum + columns.word.length, 0)).toBe(tokens);
      expect(Math.max(...found.map(({ columns }) => columns.word.length))).toBe(longest);
      const tags = found.map(({ columns }) => columns.tag);
      expect(tags.flat().filter((tag) => tag.startsWith('B-'))).toHaveLength(entities);
      for (const sentence of tags) {
        expect(tagProblems(sentence, BIO)).toEqual([]);
        expect(bioesToBio(bioToBioes(sentence))).toEqual(sentence);
      }
    },
  );

  it('Tatoeba: 5,000 pairs', async () => {
    const pairs = await collect(
      readTsv(fileSource(at('mt/tatoeba-eng-fra-5000.txt')), { columns: ['english', 'french', null] }),
    );
    expect(pairs).toHaveLength(5_000);
    expect(new Set(pairs.map(({ english }) => english)).size).toBe(2_597);
    expect(pairs.map(({ french }) => french).join('')).not.toContain('\ufffd');
  });

  it.each([
    ['train.lc.norm.tok', 29_000],
    ['val.lc.norm.tok', 1_014],
    ['val', 1_014],
  ])('Multi30k %s: pairs of lines', async (part, count) => {
    const [de, en] = [fileSource(at(`mt/multi30k.${part}.de`)), fileSource(at(`mt/multi30k.${part}.en`))];
    expect(await collect(readLinePairs(de, en))).toHaveLength(count);
  });

  it('TREC and SST-2: labels before texts, as many of each as documented', async () => {
    const options = { columns: ['label', 'text'], separator: ' ', lastTakesRest: true } as const;
    const labels = async (name: string): Promise<number[]> => {
      const records = await collect(readTsv(fileSource(at(name)), { ...options, encoding: 'latin1' }));
      const counts: number[] = [];
      for (const { label } of records) counts[Number(label)] = (counts[Number(label)] ?? 0) + 1;
      return counts;
    };
    expect(await labels('cls/trec.train.txt')).toEqual([1_162, 1_250, 86, 1_223, 835, 896]);
    expect((await labels('cls/sst2.train.txt')).reduce((sum, count) => sum + count, 0)).toBe(6_920);
  });

  it('TREC: strict UTF-8 says where it is not, Latin-1 reads it', async () => {
    const path = at('cls/trec.train.txt');
    const lines = await collect(readFileLines(path, { encoding: 'latin1' }));
    expect(lines).toHaveLength(5_452);
    const line = lines.findIndex((each) => each.includes('ð')) + 1;
    await expect(collect(readFileLines(path))).rejects.toThrow(`trec.train.txt.gz:${line}: byte 0xF0`);
  });

  it.each([
    ['charlm/tinyshakespeare.txt', 40_000],
    ['cls/sst2.train.txt', 6_920],
    ['cls/sst2.dev.txt', 872],
    ['scan/tasks_train_simple.txt', 16_728],
    ['scan/tasks_test_simple.txt', 4_182],
    ['names/makemore-names.txt', 32_033],
  ])('%s has as many lines as documented', async (name, count) => {
    expect(await collect(readLines(fileSource(at(name))))).toHaveLength(count);
  });
});
