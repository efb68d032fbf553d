import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { referenceFolder } from '@unroll/fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conllevalSpans, spanF1, type SpanF1, strictBioesSpans, strictIob2Spans } from '../index.ts';

const folder = referenceFolder();

interface Percent {
  precision: number;
  recall: number;
  f1: number;
  found: number;
}
type Seqeval = Record<string, { precision: number; recall: number; 'f1-score': number; support: number }>;
interface GoldenSpans {
  id: string;
  y_true: string[][];
  y_pred: string[][];
  conlleval: Percent & {
    tokens: number;
    phrases: number;
    correct: number;
    accuracy: number;
    types: Record<string, Percent>;
  };
  seqeval: { default_conlleval_like: Seqeval; strict_IOB2: Seqeval };
  entities_true: [string, number, number][][];
}

// seqeval's mean over no type is NaN, which is no JSON; ours is 0.
const read = (path: string): { cases: GoldenSpans[] } =>
  JSON.parse(readFileSync(path, 'utf8').replaceAll(/:\s*NaN/g, ': 0')) as { cases: GoldenSpans[] };
const cases = folder ? read(join(folder, 'span_f1_golden.json')).cases : [];
const percent = (value: number): number => Number((100 * value).toFixed(2));

describe.skipIf(!folder)(
  `conlleval's and seqeval's numbers${folder ? '' : ' (skipped: no folder of reference numbers)'}`,
  () => {
    it('there are cases', () => expect(cases.length).toBeGreaterThan(0));

    it.each(cases)('$id equals conlleval', ({ y_true, y_pred, conlleval }) => {
      const scores = spanF1(y_pred, y_true);
      expect(scores.support).toBe(conlleval.phrases);
      expect(scores.predicted).toBe(conlleval.found);
      expect(scores.correct).toBe(conlleval.correct);
      expect(percent(scores.tagAccuracy)).toBe(conlleval.accuracy);
      expect([scores.precision, scores.recall, scores.f1].map(percent)).toEqual([
        conlleval.precision,
        conlleval.recall,
        conlleval.f1,
      ]);
      for (const [type, expected] of Object.entries(conlleval.types)) {
        const { precision, recall, f1, predicted } = scores.types.get(type)!;
        expect([precision, recall, f1].map(percent)).toEqual([expected.precision, expected.recall, expected.f1]);
        expect(predicted).toBe(expected.found);
      }
    });

    it.each(cases)('$id equals seqeval, forgiving and strict', ({ y_true, y_pred, seqeval }) => {
      expectSeqeval(spanF1(y_pred, y_true), seqeval.default_conlleval_like);
      expectSeqeval(spanF1(y_pred, y_true, { spans: strictIob2Spans }), seqeval.strict_IOB2);
    });

    it.each(cases)('$id has the spans that it should', ({ y_true, entities_true }) => {
      const spans = y_true.map((tags) => conllevalSpans(tags).map(({ type, start, end }) => [type, start, end - 1]));
      expect(spans).toEqual(entities_true);
    });
  },
);

function expectSeqeval(scores: SpanF1, expected: Seqeval): void {
  const averages: Record<string, { precision: number; recall: number; f1: number }> = {
    'micro avg': scores,
    'macro avg': scores.macro,
    'weighted avg': scores.weighted,
  };
  for (const [name, { precision, recall, 'f1-score': f1, support }] of Object.entries(expected)) {
    // seqeval lists a type that neither side has any span of; to us it does not exist.
    const ours = averages[name] ?? scores.types.get(name) ?? { precision: 0, recall: 0, f1: 0, support: 0 };
    expect(ours.precision).toBeCloseTo(precision, 9);
    expect(ours.recall).toBeCloseTo(recall, 9);
    expect(ours.f1).toBeCloseTo(f1, 9);
    if ('support' in ours) expect(ours.support).toBe(support);
  }
}

describe('an I- without a beginning', () => {
  it('begins a span to conlleval, and is nothing to strict IOB2', () => {
    const tags = ['O', 'I-LOC', 'I-LOC', 'B-PER', 'I-ORG', 'I-ORG'];
    expect(conllevalSpans(tags)).toEqual([
      { type: 'LOC', start: 1, end: 3 },
      { type: 'PER', start: 3, end: 4 },
      { type: 'ORG', start: 4, end: 6 },
    ]);
    expect(strictIob2Spans(tags)).toEqual([{ type: 'PER', start: 3, end: 4 }]);
  });
});

it('BIOES: the forgiving reader takes halves, the strict one whole spans only', () => {
  const tags = ['S-A', 'B-B', 'I-B', 'E-B', 'E-C', 'B-C', 'I-C', 'O', 'B-A', 'E-B'];
  expect(strictBioesSpans(tags)).toEqual([
    { type: 'A', start: 0, end: 1 },
    { type: 'B', start: 1, end: 4 },
  ]);
  expect(conllevalSpans(tags).map(({ start, end }) => [start, end])).toEqual([
    [0, 1],
    [1, 4],
    [4, 5],
    [5, 7],
    [8, 9],
    [9, 10],
  ]);
});

it('a span at the right place with the wrong type is wrong, and so is one with the wrong end', () => {
  const { correct, predicted, support, types } = spanF1(
    [['B-LOC', 'O', 'B-PER', 'I-PER', 'O', 'B-LOC']],
    [['B-PER', 'O', 'B-PER', 'O', 'O', 'B-LOC']],
  );
  expect([correct, predicted, support]).toEqual([1, 3, 3]);
  expect(types.get('PER')).toEqual({ precision: 0, recall: 0, f1: 0, correct: 0, predicted: 1, support: 2 });
});

it('a type may contain hyphens: the first one divides', () => {
  expect(conllevalSpans(['B-creative-work', 'I-creative-work'])).toEqual([{ type: 'creative-work', start: 0, end: 2 }]);
});

it('prints a line for each type', () => {
  const text = String(spanF1([['B-A', 'O', 'B-B']], [['B-A', 'O', 'O']]));
  expect(text.split('\n')).toEqual([
    'type  precision  recall      F1  predicted  support',
    'A        100.00  100.00  100.00          1        1',
    'B          0.00    0.00    0.00          1        0',
    'all       50.00  100.00   66.67          2        1',
  ]);
});

const tag = fc.constantFrom('O', 'B-X', 'I-X', 'B-Y', 'I-Y');
const sentence = fc.array(tag, { maxLength: 8 });

it('spans lie in order, do not overlap, and cover every tag but O', () => {
  fc.assert(
    fc.property(sentence, (tags) => {
      const covered = tags.map(() => 0);
      for (const { type, start, end } of conllevalSpans(tags)) {
        for (let i = start; i < end; i++) {
          covered[i]!++;
          expect(tags[i]!.slice(2)).toBe(type);
        }
      }
      expect(covered).toEqual(tags.map((each) => Number(each !== 'O')));
    }),
  );
});

it("conlleval's own rule, a start and an end for pairs of neighbours, gives the same spans", () => {
  // Of the script of 2004: where a chunk starts and ends depends on the tags before and after, and on whether their types differ.
  const starts = new Set(['BB', 'IB', 'OB', 'OI']);
  const ends = new Set(['BB', 'BO', 'IB', 'IO']);
  fc.assert(
    fc.property(sentence, (tags) => {
      const spans: unknown[] = [];
      let start = -1;
      let before = 'O';
      for (const [i, now] of [...tags, 'O'].entries()) {
        const pair = `${before[0]}${now[0]}`;
        const differs = before.slice(2) !== now.slice(2);
        if (start >= 0 && (ends.has(pair) || (before !== 'O' && differs))) {
          spans.push({ type: before.slice(2), start, end: i });
          start = -1;
        }
        if (starts.has(pair) || (now !== 'O' && differs)) start = i;
        before = now;
      }
      expect(conllevalSpans(tags)).toEqual(spans);
    }),
  );
});

it('strict spans are among the forgiving ones wherever both read a sentence without errors', () => {
  fc.assert(
    fc.property(sentence, (tags) => {
      const wellFormed = tags.every(
        (each, i) => !each.startsWith('I-') || (tags[i - 1] ?? 'O').slice(2) === each.slice(2),
      );
      if (wellFormed) expect(strictIob2Spans(tags)).toEqual(conllevalSpans(tags));
    }),
  );
});

it('a sentence is compared with itself at F1 1, and precision and recall change places with the sides', () => {
  fc.assert(
    fc.property(sentence, fc.infiniteStream(tag), (tags, stream) => {
      const other = [...stream.take(tags.length)];
      const there = spanF1([tags], [other]);
      const back = spanF1([other], [tags]);
      expect(there.precision).toBe(back.recall);
      expect(there.f1).toBeCloseTo(back.f1, 12);
      expect(spanF1([tags], [tags]).f1).toBe(conllevalSpans(tags).length > 0 ? 1 : 0);
    }),
  );
});

it('refuses tags of an unknown scheme, and sentences that do not match', () => {
  expect(() => strictIob2Spans(['S-A'])).toThrow(/"S-A" at position 0.*strictBioesSpans/);
  expect(() => conllevalSpans(['O', 'NOUN'])).toThrow(/"NOUN" at position 1/);
  expect(() => spanF1([['O']], [['O', 'O']])).toThrow(/sentence 0 has 1 predicted tags for 2/);
  expect(() => spanF1([], [['O']])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
});
