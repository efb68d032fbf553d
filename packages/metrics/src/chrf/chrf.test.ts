import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { referenceFolder } from '@unroll/fixtures';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chrf, sentenceChrf } from '../index.ts';

const folder = referenceFolder();

interface GoldenChrf {
  hyp: string;
  ref: string;
  char_order: number;
  word_order: number;
  beta: number;
  eps_smoothing: boolean;
  score: number;
  tol: number;
}

it.skipIf(!folder)(
  `equals sacrebleu's own test cases${folder ? '' : ' (skipped: no folder of reference numbers)'}`,
  () => {
    const { upstream_tests } = JSON.parse(readFileSync(join(folder!, 'bleu_golden.json'), 'utf8')) as {
      upstream_tests: { chrf: GoldenChrf[] };
    };
    expect(upstream_tests.chrf.length).toBeGreaterThan(0);
    for (const each of upstream_tests.chrf) {
      const { score } = sentenceChrf(each.hyp, each.ref, {
        characterOrder: each.char_order,
        wordOrder: each.word_order,
        beta: each.beta,
        epsilonSmoothing: each.eps_smoothing,
      });
      expect(Math.abs(score - each.score)).toBeLessThan(each.tol);
    }
  },
);

it('equals the value worked out by hand', () => {
  // ab | abc: orders 1 and 2 live; P = (2/2 + 1/1)/2 = 1, R = (2/3 + 1/2)/2 = 7/12; F₂ = 5PR/(4P + R) = (35/12)/(55/12) = 7/11.
  expect(sentenceChrf('a b', 'abc', { characterOrder: 3 }).score).toBeCloseTo(700 / 11, 10);
});

it('chrF++ counts words too, with punctuation cut off once at one end', () => {
  // Words: say | , → hi, ( and ok against the same without marks.
  const { score, name } = sentenceChrf('hi, (ok', 'hi , ( ok', { characterOrder: 1, wordOrder: 2 });
  expect(score).toBeCloseTo(100, 10);
  expect(name).toBe('chrF2++');
});

it('of several references the best counts, and the signature tells all', () => {
  const one = chrf(['abcd', 'efgh'], [['xyz', 'abcd'], 'efgh']);
  expect(one.score).toBeCloseTo(100, 10);
  expect(one.signature).toBe('nrefs:var|case:mixed|eff:yes|nc:6|nw:0|space:no|version:unroll');
  expect(String(chrf(['a'], ['a']))).toBe(
    'chrF2|nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:unroll = 100.00',
  );
  expect(chrf(['AB'], ['ab'], { lowercase: true }).score).toBe(100);
});

it('lies between 0 and 100, and is 100 for what is right', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const { score } = sentenceChrf(a, b, { wordOrder: 2 });
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(100);
      if (b.trim() !== '') expect(sentenceChrf(b, b).score).toBeCloseTo(100, 8);
    }),
  );
});

it('refuses a segment without a reference', () => {
  expect(() => chrf(['a'], [[]])).toThrow(/no reference/);
  expect(() => chrf(['a'], [])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
});
