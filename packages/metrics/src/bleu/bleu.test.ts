import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { referenceFolder } from '@unroll/fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BleuCounter,
  addKSmoothing,
  bleu,
  bleuFromStatistics,
  type BleuSmoothing,
  type BleuTokenizer,
  expSmoothing,
  floorSmoothing,
  noSmoothing,
  sentenceBleu,
  tokenizer13a,
  tokenizerCharacters,
  tokenizerInternational,
  tokenizerNone,
} from '../index.ts';
import { segmentStatistics } from './statistics.ts';

const folder = referenceFolder();
const where = folder ? '' : ' (skipped: no folder of reference numbers)';

const tokenizers: Readonly<Record<string, BleuTokenizer>> = {
  '13a': tokenizer13a,
  intl: tokenizerInternational,
  char: tokenizerCharacters,
  none: tokenizerNone,
};

function smoothingOf(method = 'exp', value?: number | null): BleuSmoothing {
  if (method === 'floor') return floorSmoothing(value ?? undefined);
  if (method === 'add-k') return addKSmoothing(value ?? undefined);
  return method === 'none' ? noSmoothing : expSmoothing;
}

interface Corpus {
  hyps: string[];
  ref_streams: string[][];
}

interface Golden {
  corpus_bleu: (Corpus & { opts: { tokenize?: string; smooth_method?: string }; score: number })[];
  max_ngram_order: (Corpus & { order: number; score_2dp: string })[];
  compute_bleu_from_statistics: {
    correct: number[];
    total: number[];
    sys_len: number;
    ref_len: number;
    smooth_method?: string;
    smooth_value?: number;
    score: number;
  }[];
  statistics: { hyp: string; ref: string; correct: number[]; total: number[] }[];
  sentence_bleu_effective_order: {
    hyp: string;
    refs: string[];
    smooth_method: string;
    smooth_value: number | null;
    lowercase: boolean;
    tokenize: string;
    score: number;
    tol: number;
  }[];
}

const referencesOf = ({ hyps, ref_streams }: Corpus): string[][] =>
  hyps.map((_, i) => ref_streams.map((stream) => stream[i]!));

describe.skipIf(!folder)(`sacrebleu's own test cases${where}`, () => {
  const golden = folder
    ? (JSON.parse(readFileSync(join(folder, 'bleu_golden.json'), 'utf8')) as { upstream_tests: Golden }).upstream_tests
    : undefined;

  it('corpora score the same with each tokenizer', () => {
    expect(golden!.corpus_bleu.length).toBeGreaterThan(0);
    for (const { opts, score, ...corpus } of golden!.corpus_bleu) {
      const options = { tokenizer: tokenizers[opts.tokenize ?? '13a']!, smoothing: smoothingOf(opts.smooth_method) };
      expect(Math.abs(bleu(corpus.hyps, referencesOf(corpus), options).score - score)).toBeLessThan(1e-5);
    }
  });

  it('shorter and longer n-grams print the same', () => {
    for (const { order, score_2dp, ...corpus } of golden!.max_ngram_order) {
      expect(bleu(corpus.hyps, referencesOf(corpus), { maxOrder: order }).score.toFixed(2)).toBe(score_2dp);
    }
  });

  it('counts alone give the same score', () => {
    for (const each of golden!.compute_bleu_from_statistics) {
      const { score } = bleuFromStatistics(
        { correct: each.correct, total: each.total, hypothesisLength: each.sys_len, referenceLength: each.ref_len },
        { smoothing: smoothingOf(each.smooth_method, each.smooth_value) },
      );
      expect(Math.abs(score - each.score)).toBeLessThan(1e-5);
    }
  });

  it('counts are the same', () => {
    for (const { hyp, ref, correct, total } of golden!.statistics) {
      expect(segmentStatistics(hyp, [ref], { tokenizer: tokenizerNone })).toMatchObject({ correct, total });
    }
  });

  it('sentences score the same with each smoothing', () => {
    for (const each of golden!.sentence_bleu_effective_order) {
      const { score } = sentenceBleu(each.hyp, each.refs, {
        smoothing: smoothingOf(each.smooth_method, each.smooth_value),
        tokenizer: tokenizers[each.tokenize]!,
        lowercase: each.lowercase,
      });
      expect(Math.abs(score - each.score)).toBeLessThan(each.tol);
    }
  });
});

it('equals the value worked out by hand', () => {
  // the cat is on the mat | the cat sat on the mat: 5/6 words, 3/5 pairs, 1/4 triples, 0/3 quadruples, which exp counts as 1/2.
  const { score, precisions, brevityPenalty } = bleu(['the cat is on the mat'], ['the cat sat on the mat']);
  const expected = [5 / 6, 3 / 5, 1 / 4, 1 / 6];
  precisions.forEach((precision, i) => expect(precision).toBeCloseTo(100 * expected[i]!, 10));
  expect(brevityPenalty).toBe(1);
  expect(score).toBeCloseTo(100 * (expected[0]! * expected[1]! * expected[2]! * expected[3]!) ** 0.25, 10);
});

it('each further order without a match counts half as much, with the default smoothing', () => {
  // a b c d | d c b a: 4/4 words, then none of 3 pairs, 2 triples, 1 quadruple: 1/2, 1/4 and 1/8 of a match.
  const { precisions } = bleu(['a b c d'], ['d c b a']);
  const expected = [1, 1 / 6, 1 / 8, 1 / 8];
  precisions.forEach((precision, i) => expect(precision).toBeCloseTo(100 * expected[i]!, 10));
});

it('a short hypothesis is punished by exp(1 − r/h), against the nearest reference', () => {
  const { brevityPenalty, statistics } = bleu(['a b c'], [['a b c d', 'a b c d e f g', 'a b']]);
  expect(statistics.referenceLength).toBe(2);
  expect(brevityPenalty).toBe(1);
  expect(bleu(['a b c'], ['a b c d']).brevityPenalty).toBeCloseTo(Math.exp(1 - 4 / 3), 12);
});

it('a word counts as often as the reference that has most of it', () => {
  const { statistics } = bleu(['the the the the'], [['the cat', 'the dog the']]);
  expect(statistics.correct[0]).toBe(2);
});

describe('the signature says what the score depends on', () => {
  it.each([
    [{}, 'nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:unroll'],
    [
      { smoothing: floorSmoothing(), lowercase: true, tokenizer: tokenizerInternational },
      'nrefs:1|case:lc|eff:no|tok:intl|smooth:floor[0.10]|version:unroll',
    ],
    [
      { smoothing: addKSmoothing(), effectiveOrder: true, tokenizer: tokenizerCharacters },
      'nrefs:1|case:mixed|eff:yes|tok:char|smooth:add-k[1.00]|version:unroll',
    ],
    [
      { smoothing: noSmoothing, tokenizer: tokenizerNone },
      'nrefs:1|case:mixed|eff:no|tok:none|smooth:none|version:unroll',
    ],
  ])('%o', (options, signature) => {
    expect(bleu(['a'], ['a'], options).signature).toBe(signature);
  });

  it('says when segments have unlike numbers of references', () => {
    expect(bleu(['a', 'b'], [['a', 'b'], 'b']).signature).toMatch(/^nrefs:var\|/);
    expect(
      bleu(
        ['a', 'b'],
        [
          ['a', 'b'],
          ['b', 'c'],
        ],
      ).signature,
    ).toMatch(/^nrefs:2\|/);
  });

  it('is printed with the score', () => {
    expect(String(bleu(['the cat is on the mat'], ['the cat sat on the mat']))).toBe(
      'BLEU|nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:unroll = 37.99 83.3/60.0/25.0/16.7 (BP = 1.000 ratio = 1.000 hyp_len = 6 ref_len = 6)',
    );
  });
});

it('13a sets ASCII punctuation apart, except between digits, and resolves XML escapes', () => {
  expect(tokenizer13a.tokenize("It costs $1,234.50 (about 3-4 &quot;dollars&quot;), doesn't it?")).toEqual(
    'It costs $ 1,234.50 ( about 3 - 4 " dollars " ) , doesn\'t it ?'.split(' '),
  );
  expect(tokenizer13a.tokenize('end-of-line 1990- &amp;lt; a.b')).toEqual('end-of-line 1990 - < a . b'.split(' '));
});

it('intl goes by Unicode classes', () => {
  expect(tokenizerInternational.tokenize('«Größe»: 3,5 € – 10% mehr')).toEqual(
    '« Größe » : 3,5 € – 10 % mehr'.split(' '),
  );
});

it('white space is what Python takes for it', () => {
  expect(tokenizerNone.tokenize('a\u0085b\u001cc\u3000d\ufeffe')).toEqual(['a', 'b', 'c', 'd\ufeffe']);
  expect(tokenizerCharacters.tokenize('a 😀\tb')).toEqual(['a', '😀', 'b']);
});

const segment = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd.', '1,5'), { maxLength: 8 })
  .map((tokens) => tokens.join(' '));

it('counting segment by segment is scoring the corpus, and the order of segments does not matter', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(segment, segment), { minLength: 1, maxLength: 6 }), (pairs) => {
      const counter = new BleuCounter();
      for (const [hypothesis, reference] of pairs.toReversed()) counter.add(hypothesis, reference);
      const whole = bleu(
        pairs.map(([h]) => h),
        pairs.map(([, r]) => r),
      );
      expect(counter.score().score).toBe(whole.score);
      expect(whole.score).toBeGreaterThanOrEqual(0);
      expect(whole.score).toBeLessThanOrEqual(100 + 1e-9);
    }),
  );
});

it('what is right scores 100', () => {
  fc.assert(
    fc.property(
      segment.filter((text) => text !== ''),
      (text) => {
        expect(sentenceBleu(text, text).score).toBeCloseTo(100, 8);
      },
    ),
  );
});

it('refuses what has no score', () => {
  expect(() => bleu(['a'], [])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  expect(() => bleu(['a'], [[]])).toThrow(/no reference/);
  expect(() => new BleuCounter({ maxOrder: 0 })).toThrow(/maxOrder is 0/);
  expect(() => floorSmoothing(-1)).toThrow(/must not be negative/);
});
