import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BIO,
  BIOES,
  bioToBioes,
  bioesToBio,
  convertTags,
  repairTags,
  spansOfTags,
  tagProblems,
  tagsOfSpans,
  type TagSpan,
} from '../index.ts';

/** Spans in order, with gaps or none, in a sentence. */
const sentence = fc
  .array(
    fc.record({
      gap: fc.nat(2),
      length: fc.integer({ min: 1, max: 3 }),
      type: fc.constantFrom('PER', 'creative-work'),
    }),
    {
      maxLength: 5,
    },
  )
  .map((parts) => {
    let at = 0;
    const spans: TagSpan[] = parts.map(({ gap, length, type }) => {
      const start = at + gap;
      at = start + length;
      return { type, start, end: at };
    });
    return { spans, length: at + 1 };
  });

const anyBio = fc.array(fc.constantFrom('O', 'B-X', 'I-X', 'B-Y', 'I-Y'), { maxLength: 8 });
const anyBioes = fc.array(fc.constantFrom('O', 'B-X', 'I-X', 'E-X', 'S-X', 'I-Y', 'E-Y'), { maxLength: 8 });

describe.each([BIO, BIOES])('$name', (scheme) => {
  it('tags say which spans there are, and spans which tags', () => {
    fc.assert(
      fc.property(sentence, ({ spans, length }) => {
        const tags = tagsOfSpans(spans, length, scheme);
        expect(spansOfTags(tags)).toEqual(spans);
        expect(tagProblems(tags, scheme)).toEqual([]);
      }),
    );
  });

  it('repaired tags are well-formed, and well-formed ones are not changed', () => {
    fc.assert(
      fc.property(scheme === BIO ? anyBio : anyBioes, (tags) => {
        const repaired = repairTags(tags, scheme);
        expect(tagProblems(repaired, scheme)).toEqual([]);
        expect(repairTags(repaired, scheme)).toEqual(repaired);
        expect(tagProblems(tags, scheme).length === 0).toBe(JSON.stringify(repaired) === JSON.stringify(tags));
      }),
    );
  });
});

it('BIO → BIOES → BIO gives back what it was given, and so does BIOES → BIO → BIOES', () => {
  fc.assert(
    fc.property(sentence, ({ spans, length }) => {
      const bio = tagsOfSpans(spans, length, BIO);
      const bioes = tagsOfSpans(spans, length, BIOES);
      expect(bioToBioes(bio)).toEqual(bioes);
      expect(bioesToBio(bioes)).toEqual(bio);
    }),
  );
});

it('writes the schemes as the literature does', () => {
  const spans = [
    { type: 'A', start: 0, end: 1 },
    { type: 'B', start: 1, end: 4 },
  ];
  expect(tagsOfSpans(spans, 5, BIO)).toEqual(['B-A', 'B-B', 'I-B', 'I-B', 'O']);
  expect(tagsOfSpans(spans, 5, BIOES)).toEqual(['S-A', 'B-B', 'I-B', 'E-B', 'O']);
});

it('IOB1, where B- only divides neighbours, becomes BIO', () => {
  expect(repairTags(['I-A', 'I-A', 'B-A', 'O', 'I-B'], BIO)).toEqual(['B-A', 'I-A', 'B-A', 'O', 'B-B']);
});

it('says what is wrong and where', () => {
  expect(tagProblems(['O', 'I-A', 'B-A', 'I-B'], BIO).map(({ position, message }) => [position, message])).toEqual([
    [1, 'I-A after O at position 1'],
    [3, 'I-B after B-A at position 3'],
  ]);
  expect(tagProblems(['I-A'], BIO)[0]!.message).toBe('I-A after the beginning at position 0');
  expect(tagProblems(['B-A'], BIOES)).toEqual([{ position: 1, message: 'the end after B-A at position 1' }]);
});

it('refuses ill-formed tags with the remedy, other schemes, and spans that can be no tags', () => {
  expect(() => bioToBioes(['O', 'I-A'])).toThrow(/I-A after O at position 1.*repairTags/);
  expect(() => convertTags(['S-A'], BIO, BIOES)).toThrow(/"S-A" is no tag of this scheme.*B-, I-/);
  expect(() => tagProblems(['NOUN'], BIO)).toThrow(/"NOUN"/);
  expect(() =>
    tagsOfSpans(
      [
        { type: 'A', start: 0, end: 2 },
        { type: 'B', start: 1, end: 3 },
      ],
      3,
      BIO,
    ),
  ).toThrow(/two spans cover position 1/);
  expect(() => tagsOfSpans([{ type: 'A', start: 0, end: 4 }], 3, BIO)).toThrow(
    expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }),
  );
});
