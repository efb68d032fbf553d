import { BIO, tagProblems } from '@unroll/data';
import { valueAndGrad } from '@unroll/autograd';
import { Rng, parametersOf, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { NAMES, sentences, untrained } from '../test/taggers.ts';
import { type Spellings, inputOf, targetsOf } from './batch.ts';
import { Convolution } from './convolution.ts';
import { tag } from './tag.ts';

const words = NAMES.map((sentence) => sentence.words);

describe.each([
  { output: 'softmax', characterModel: 'lstm' },
  { output: 'crf', characterModel: 'lstm' },
  { output: 'softmax', characterModel: 'cnn' },
] as const)('a tagger with %o', (config) => {
  const tagger = untrained(config);

  it('tags a sentence in a padded batch as it tags it alone', async () => {
    const together = await tag({ ...tagger, sentences: words });
    for (const [i, each] of words.entries()) {
      const [alone] = await tag({ ...tagger, sentences: [each] });
      expect(together[i]!.words).toEqual(each);
      expect(together[i]!.tags).toEqual(alone!.tags);
      for (const [position, confidence] of together[i]!.confidences.entries()) {
        expect(confidence).toBeCloseTo(alone!.confidences[position]!, 5);
      }
    }
  });

  it('has confidences between 0 and 1, and leaves empty sentences empty', async () => {
    const [empty, full] = await tag({ ...tagger, sentences: [[], words[0]!] });
    expect(empty).toEqual({ words: [], tags: [], confidences: [], probabilities: [] });
    for (const confidence of full!.confidences) {
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
  });

  it('learns in every parameter', () => {
    const { model, vocabularies } = tagger;
    const parameters = parametersOf(model);
    const input = inputOf(words, vocabularies);
    const targets = targetsOf(
      NAMES.map(({ tags }) => tags),
      vocabularies,
    );
    const { value, grads } = valueAndGrad(() => model.loss(input, targets, { rng: new Rng(1) }), parameters);
    expect(value.item()).toBeGreaterThan(0);
    for (const grad of grads) expect(grad.dataSync().some((each) => each !== 0)).toBe(true);
  });
});

describe('the CRF', () => {
  it('never gives tags that BIO forbids, whatever the words', async () => {
    const tagger = untrained({ output: 'crf' });
    const rng = new Rng(5);
    const known = words.flat();
    const anyWord = (): string => known[rng.integer(known.length)]! + 'xyz'.slice(rng.integer(4));
    const some = Array.from({ length: 40 }, () => Array.from({ length: 1 + rng.integer(12) }, anyWord));
    for (const { tags } of await tag({ ...tagger, sentences: some })) expect(tagProblems(tags, BIO)).toEqual([]);
  });
});

describe('directions', () => {
  it('forward, a word does not see what follows; from both sides it does', async () => {
    const [one, other] = [
      ['they', 'met', 'Alan'],
      ['they', 'met', 'Zurich', 'quiet'],
    ] as const;
    for (const direction of ['forward', 'both'] as const) {
      const tagger = untrained({ direction });
      const [first] = await tag({ ...tagger, sentences: [one] });
      const [second] = await tag({ ...tagger, sentences: [other] });
      const difference = Math.abs(first!.confidences[0]! - second!.confidences[0]!);
      if (direction === 'forward') expect(difference).toBeLessThan(1e-6);
      else expect(difference).toBeGreaterThan(1e-5);
    }
  });
});

describe('spellings', () => {
  const SENTENCE = ['a', 'longer', 'pneumonoultramicroscopic', 'word', 'a', 'characteristically'];
  const data = [{ words: SENTENCE, tags: ['O', 'O', 'B-X', 'O', 'O', 'O'] }];

  it.each(['lstm', 'cnn'] as const)(
    'long and short words together are read by a %s as each alone',
    (characterModel) => {
      const { model, vocabularies } = untrained({ characterModel }, data);
      const together = model.speller!.forward(inputOf([SENTENCE], vocabularies));
      for (const [i, each] of SENTENCE.entries()) {
        const alone = model.speller!.forward(inputOf([[each]], vocabularies));
        expect(together.slice(1, i, 1).sub(alone).abs().max().item()).toBeLessThan(1e-6);
      }
    },
  );

  it('of endless words are read at both ends, and no more', () => {
    const { model, vocabularies } = untrained({}, data);
    const [{ characters }] = inputOf([['w'.repeat(1e6)]], vocabularies).spellings as [Spellings];
    expect(characters.shape[1]).toBe(64);
    const [one, other] = ['o', 'r'].map((end) => `a${'w'.repeat(5000)}${end}`);
    const [first, second] = [one!, other!].map((word) => model.speller!.forward(inputOf([[word]], vocabularies)));
    expect(first!.sub(second!).abs().max().item()).toBeGreaterThan(1e-3);
  });
});

describe('a convolution', () => {
  it('sees its neighbours, and zeros beyond the ends', () => {
    const layer = new Convolution({ inputSize: 1, outputSize: 1, width: 3, rng: new Rng(1) });
    layer.filters.weight.value = tensor([[1, 10, 100]]);
    layer.filters.bias!.value = tensor([0]);
    const [ys] = layer.forward(tensor([[[0.001], [0.002], [0.003]]]));
    const expected = [0.21, 0.321, 0.032].map((x) => Math.tanh(x));
    for (const [i, y] of [...ys.dataSync()].entries()) expect(y).toBeCloseTo(expected[i]!, 6);
  });
});

describe('unknown words', () => {
  it('are told apart by their characters alone', async () => {
    const unknown = [['Adalon'], ['quietly']];
    const spelled = await tag({ ...untrained(), sentences: unknown });
    expect(spelled[0]!.confidences).not.toEqual(spelled[1]!.confidences);
    const whole = await tag({ ...untrained({ characterHidden: 0 }), sentences: unknown });
    expect(whole[0]!.confidences).toEqual(whole[1]!.confidences);
  });
});

describe('what is dropped', () => {
  it('is dropped only where there is a generator', () => {
    const { model, vocabularies } = untrained({ dropout: 0.2, lockedDropout: 0.3, wordDropout: 0.2 });
    const input = inputOf(words, vocabularies);
    const plain = model.forward(input).dataSync();
    expect(model.forward(input).dataSync()).toEqual(plain);
    expect(model.forward(input, { rng: new Rng(2) }).dataSync()).not.toEqual(plain);
  });

  it('counts every word as unknown at a rate of 1', () => {
    const { model, vocabularies } = untrained({ lockedDropout: 0, wordDropout: 1, characterHidden: 0 });
    const [known, unknown] = [sentences('Ada/B-PER wrote/O'), sentences('x/B-PER y/O')].map((each) =>
      inputOf(
        each.map((sentence) => sentence.words),
        vocabularies,
      ),
    );
    expect(model.forward(known!, { rng: new Rng(1) }).dataSync()).toEqual(model.forward(unknown!).dataSync());
  });
});
