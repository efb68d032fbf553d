import { dataFolder } from '@unroll/fixtures';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, type ConlluSentence, formatConllu, readConllu } from '../index.ts';
import { fileSource, readFileLines } from '../node.ts';

const row = (...columns: string[]): string =>
  [...columns, ...Array.from({ length: 10 - columns.length }, () => '_')].join('\t');

// Made up for this test: a range, empty nodes, a form with a space, features, an underscore as a word.
const TEXT = [
  '# sent_id = 1',
  '# text = Du 1 000 _ !',
  row('1-2', 'Du'),
  row('1', 'De', 'de', 'ADP', '_', '_', '3', 'case'),
  row('2', 'le', 'le', 'DET', '_', 'Gender=Masc|Number=Sing', '3', 'det', '_', 'SpaceAfter=No'),
  row('3', '1 000', '1000', 'NUM', '_', '_', '0', 'root'),
  row('3.1', 'de', 'de', 'ADP', '_', '_', '_', '_', '0:case'),
  row('4', '_', '_', 'SYM', '_', '_', '3', 'dep'),
  row('5', '!', '!', 'PUNCT'),
  '',
  row('0.1', 'x'),
  row('1', 'a'),
].join('\n');

const read = (text: string): Promise<ConlluSentence[]> => collect(readConllu(text, { file: 'x.conllu' }));

it('keeps words, ranges and empty nodes apart', async () => {
  const [first, second, ...rest] = await read(TEXT);
  expect(rest).toEqual([]);
  expect(first!.metadata.get('sent_id')).toBe('1');
  expect(first!.tokens.map(({ form }) => form)).toEqual(['De', 'le', '1 000', '_', '!']);
  expect(first!.tokens.map(({ head }) => head)).toEqual([3, 3, 0, 3, null]);
  expect(first!.tokens[1]).toMatchObject({ id: 2, upos: 'DET', xpos: null, deprel: 'det', misc: 'SpaceAfter=No' });
  expect([...first!.tokens[1]!.feats]).toEqual([
    ['Gender', 'Masc'],
    ['Number', 'Sing'],
  ]);
  expect(first!.tokens[3]!.lemma).toBe('_');
  expect(first!.ranges).toEqual([{ first: 1, last: 2, form: 'Du', misc: null }]);
  expect(first!.emptyNodes).toMatchObject([{ after: 3, index: 1, form: 'de', deps: '0:case' }]);
  expect(second!.line).toBe(11);
  expect(second!.emptyNodes).toMatchObject([{ after: 0, index: 1 }]);
});

it('takes \\r\\n and blank lines that are not empty', async () => {
  const [first] = await read(TEXT.replaceAll('\n\n', '\n\t\n').replaceAll('\n', '\r\n'));
  expect({ ...first, line: 1 }).toEqual((await read(TEXT))[0]);
});

it('formatConllu writes what was read', async () => {
  expect((await read(TEXT)).map(formatConllu).join('')).toBe(`${TEXT}\n\n`);
});

it('what formatConllu wrote is read again', () => {
  const form = fc.stringMatching(/^[a-z _é-]{1,5}$/).filter((each) => each.trim() !== '');
  return fc.assert(
    fc.asyncProperty(
      fc.array(form, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      async (forms, numbers) => {
        const next = (): number => numbers.next().value!;
        const fields = { lemma: null, xpos: null, feats: new Map([['A', 'b=c']]), deprel: 'x', deps: null, misc: null };
        const tokens = forms.map((each, i) => ({
          ...fields,
          id: i + 1,
          form: each,
          upos: 'X',
          head: next() % (forms.length + 1),
        }));
        const ranges = forms.length > 2 ? [{ first: 2, last: 3, form: 'r', misc: 'm' }] : [];
        const emptyNodes = [{ ...fields, after: next() % (forms.length + 1), index: 1, form: 'e', upos: null }];
        // A lemma of the word _ can't be told from none.
        const known = tokens.map((token) => (token.form === '_' ? { ...token, lemma: '_' } : token));
        const sentence = { comments: ['# a = b', '#c'], tokens: known, ranges, emptyNodes };
        const [again] = await read(formatConllu(sentence));
        expect(again).toEqual({ ...sentence, line: 1, metadata: new Map([['a', 'b']]) });
      },
    ),
  );
});

describe('refuses, with file and line,', () => {
  it.each([
    ['too few columns', '# c\n1\ta\n', /^x\.conllu:2: 2 columns instead of 10.*tabs/],
    ['spaces for tabs', '1 a _ _ _ _ _ _ _ _', /^x\.conllu:1: 1 columns/],
    ['an empty column', row('1', '', 'b'), /:1: column 2 is empty.*Write _/],
    ['an id out of order', `${row('1', 'a')}\n${row('3', 'b')}`, /:2: the word's id is 3 instead of 2/],
    ['an id that is none', row('a', 'b'), /:1: the id "a"/],
    ['a head that is none', row('1', 'a', '_', '_', '_', '_', 'x'), /:1: the head "x"/],
    [
      'a head beyond the sentence',
      `\n\n${row('1', 'a', '_', '_', '_', '_', '2')}`,
      /:3: .*word 1 has the head 2, but there are 1/,
    ],
    ['a range after its words', `${row('1', 'a')}\n${row('1-2', 'b')}\n${row('2', 'c')}`, /:2: the range 1-2/],
    ['a range beyond the sentence', `${row('1-2', 'b')}\n${row('1', 'a')}`, /:1: .*range 1-2 goes beyond/],
    ['an empty node out of place', `${row('1', 'a')}\n${row('2.1', 'b')}`, /:2: the empty node 2\.1 must be 1\.1/],
    ['a feature without a value', row('1', 'a', '_', '_', '_', 'Case'), /:1: the feature "Case"/],
    ['a comment inside', `${row('1', 'a')}\n# b`, /:2: a comment inside/],
    ['comments alone', '\n# a\n\n', /:2: comments without a sentence/],
  ])('%s', async (_name, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});

const folder = dataFolder();

describe.skipIf(!folder)(`UD English EWT${folder ? '' : ' (skipped: no folder of data sets)'}`, () => {
  it.each([
    ['train', { sentences: 12_544, words: 204_577, ranges: 2_614, emptyNodes: 37, longest: 159 }],
    ['dev', { sentences: 2_001, words: 25_147, ranges: 359, emptyNodes: 4, longest: 75 }],
  ])('%s has as many sentences, words, ranges and empty nodes as its documentation says', async (part, expected) => {
    const counts = { sentences: 0, words: 0, ranges: 0, emptyNodes: 0, longest: 0 };
    const tags = new Set<string | null>();
    const path = join(folder!, `ud/en_ewt-ud-${part}.conllu.gz`);
    for await (const { tokens, ranges, emptyNodes } of readConllu(fileSource(path))) {
      counts.sentences++;
      counts.words += tokens.length;
      counts.ranges += ranges.length;
      counts.emptyNodes += emptyNodes.length;
      counts.longest = Math.max(counts.longest, tokens.length);
      for (const { upos } of tokens) tags.add(upos);
    }
    expect(counts).toEqual(expected);
    expect(tags.size).toBe(17);
  });

  it('dev is written as it was read, byte for byte', async () => {
    const path = join(folder!, 'ud/en_ewt-ud-dev.conllu.gz');
    const written = (await collect(readConllu(fileSource(path)))).map(formatConllu).join('');
    const lines = (await collect(readFileLines(path))).join('\n');
    expect(written).toBe(`${lines}\n`);
  });
});
