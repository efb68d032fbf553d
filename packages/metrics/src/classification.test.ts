import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ConfusionMatrix,
  accuracy,
  bitsPerCharacter,
  bleu,
  chrf,
  confusionMatrix,
  exactMatch,
  perplexity,
  spanF1,
} from './index.ts';

describe('accuracy', () => {
  it('is the share of right answers, padding left out', () => {
    expect(accuracy([1, 2, 3, 4], [1, 2, 0, 0])).toBe(0.5);
    expect(accuracy(Int32Array.of(1, 2, 3, 4), Int32Array.of(1, 2, 0, 0), { mask: [1, 1, 1, 0] })).toBe(2 / 3);
    expect(accuracy(['NOUN', 'VERB'], ['NOUN', 'NOUN'])).toBe(0.5);
  });

  it('is NaN where nothing counts', () => {
    expect(accuracy([], [])).toBeNaN();
    expect(accuracy([1], [1], { mask: [0] })).toBeNaN();
  });

  it('refuses answers that do not match their references', () => {
    expect(() => accuracy([1], [1, 2])).toThrow(/1 predictions for 2 references/);
    expect(() => accuracy([1], [1], { mask: [1, 1] })).toThrow(/mask has 2/);
  });
});

describe('exactMatch', () => {
  it('counts whole sequences', () => {
    expect(exactMatch(['JUMP', 'WALK WALK'], ['JUMP', 'WALK'])).toBe(0.5);
    expect(exactMatch([[1, 2], Int32Array.of(3)], [Int32Array.of(1, 2), [3]])).toBe(1);
    expect(exactMatch([], [])).toBeNaN();
  });
});

describe('perplexity and bits per character', () => {
  it('a uniform choice among k has perplexity k', () => {
    expect(perplexity({ nats: 5 * Math.log(65), tokens: 5 })).toBeCloseTo(65, 10);
  });

  it('a bit for each character is a bit per character, whatever the tokens', () => {
    expect(bitsPerCharacter({ nats: 8 * Math.LN2, characters: 8 })).toBeCloseTo(1, 12);
  });

  it('refuse an empty text', () => {
    expect(() => perplexity({ nats: 0, tokens: 0 })).toThrow(/tokens is 0/);
    // @ts-expect-error what JavaScript users may forget
    expect(() => perplexity({ tokens: 5 })).toThrow('perplexity: nats is missing');
    // @ts-expect-error what JavaScript users may forget
    expect(() => bitsPerCharacter({ characters: 5 })).toThrow('bitsPerCharacter: nats is missing');
    expect(() => bitsPerCharacter({ nats: 0, characters: 0 })).toThrow(/characters is 0/);
  });
});

describe('confusionMatrix', () => {
  const references = ['cat', 'ant', 'cat', 'cat', 'ant', 'bird'];
  const predictions = ['ant', 'ant', 'cat', 'cat', 'ant', 'cat'];

  it('counts references down and predictions across; scores equal those worked out by hand', () => {
    const matrix = confusionMatrix(predictions, references);
    expect(matrix.labels).toEqual(['ant', 'bird', 'cat']);
    expect(matrix.counts).toEqual([
      [2, 0, 0],
      [0, 0, 1],
      [1, 0, 2],
    ]);
    expect(matrix.accuracy).toBe(4 / 6);
    expect(matrix.classes.get('ant')).toEqual({ precision: 2 / 3, recall: 1, f1: 0.8, support: 2 });
    expect(matrix.classes.get('bird')).toEqual({ precision: 0, recall: 0, f1: 0, support: 1 });
    expect(matrix.macro.f1).toBeCloseTo((0.8 + 0 + 2 / 3) / 3, 12);
    expect(matrix.weighted.recall).toBeCloseTo(matrix.accuracy, 12);
    expect(String(matrix)).toBe(
      '      ant  bird  cat\nant     2     0    0\nbird    0     0    1\ncat     1     0    2',
    );
  });

  it('leaves padding out and takes labels that do not occur', () => {
    const matrix = confusionMatrix([0, 1, 1], [0, 1, 0], { labels: [0, 1, 2], mask: [1, 1, 0] });
    expect(matrix.counts).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
  });

  it('refuses a label that is not among those given, and counts that are no square', () => {
    expect(() => confusionMatrix([3], [0], { labels: [0, 1] })).toThrow(/3 at position 0 is not among the labels 0, 1/);
    expect(() => new ConfusionMatrix({ labels: ['a'], counts: [[1, 2]] })).toThrow(/1 labels/);
  });

  it('its diagonal is the accuracy, and its sum the number of answers', () => {
    const label = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(label, label), { minLength: 1, maxLength: 30 }), (pairs) => {
        const [predicted, expected] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
        const matrix = confusionMatrix(predicted, expected);
        expect(matrix.accuracy).toBe(accuracy(predicted, expected));
        expect(matrix.total).toBe(pairs.length);
        expect(matrix.weighted.recall).toBeCloseTo(matrix.accuracy, 12);
      }),
    );
  });
});

it('tensors in the place of lists are told', () => {
  // As plain JavaScript may give them: they have no length.
  for (const [given, who] of [
    [[{}, [1]], 'predictions'],
    [[[1], {}], 'references'],
  ] as const) {
    expect((): unknown => Reflect.apply(accuracy, undefined, given)).toThrow(
      `accuracy: the ${who} are no list. A tensor gives its numbers by await tensor.data().`,
    );
  }
  for (const measure of [accuracy, confusionMatrix]) {
    expect((): unknown => Reflect.apply(measure, undefined, [[1], [1], { mask: {} }])).toThrow(
      `${measure.name}: the mask is no list. A tensor gives its numbers by await tensor.data().`,
    );
    expect(() => measure([1], [1], { mask: [1, 1] })).toThrow(
      `${measure.name}: the mask has 2 elements for 1 predictions.`,
    );
  }
});

it('tags of one sentence in the place of sentences are told', () => {
  expect((): unknown => Reflect.apply(spanF1, undefined, [['B-X'], ['B-X']])).toThrow(
    'spanF1: sentence 0 is no list of tags. Give a list of sentences; one alone goes into a list, too.',
  );
});

it('one text in the place of a list of texts is told', () => {
  for (const measure of [bleu, chrf, exactMatch, spanF1]) {
    for (const [given, who] of [
      [['a b', ['a b']], 'predictions'],
      // As many characters as there are predictions.
      [[['a', 'b'], 'ab'], 'references'],
    ] as const) {
      expect((): unknown => Reflect.apply(measure, undefined, given)).toThrow(
        `${measure.name}: the ${who} are a text, no list. One alone goes into a list, too.`,
      );
    }
  }
});
