import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CUTS } from './cuts.ts';
import { SubwordSide, VocabularySide, restoreSide } from './side.ts';

/** The smallest tokenizer.json with a merge: "ab" is one token. */
const BPE = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: 'Fuse' },
  model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']], unk_token: null },
};

describe('CUTS', () => {
  it.each(['pieces', 'characters'] as const)('%s give back every text', (name) => {
    const how = CUTS[name];
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => how.join(how.cut(text)) === text));
  });

  it('cuts pieces into words with their space, single digits and signs, and Han one by one', () => {
    expect(CUTS.pieces.cut('July 14, 2027')).toEqual(['July', ' 1', '4', ',', ' 2', '0', '2', '7']);
    expect(CUTS.pieces.cut('2027年7月14日火曜日')).toHaveLength(13);
  });

  it('takes words as they stand between any white space', () => {
    expect(CUTS.words.cut(' ein\thund  läuft ')).toEqual(['ein', 'hund', 'läuft']);
    expect(CUTS.words.join(['ein', 'hund'])).toBe('ein hund');
  });
});

describe('a side', () => {
  const texts = ['Ein Hund läuft', 'ein Hund schläft'];

  it('leaves special tokens out of a text', () => {
    const side = VocabularySide.of(texts, { cut: 'words' });
    const { padId, bosId, eosId } = side;
    expect(side.decode([bosId, ...side.encode('ein Hund'), eosId, padId])).toBe('ein Hund');
  });

  it('knows frequent tokens only, and in lower case if told so', () => {
    const side = VocabularySide.of(texts, { cut: 'words', lowercase: true, minFrequency: 2 });
    expect(side.unknownsOf('EIN HUND läuft')).toEqual(['läuft']);
    expect(side.size).toBe(4 + 2);
  });

  it('comes back from its JSON', () => {
    for (const side of [VocabularySide.of(texts, { cut: 'words' }), new SubwordSide({ tokenizer: BPE })]) {
      const restored = restoreSide(JSON.parse(JSON.stringify(side)));
      expect([restored.size, restored.padId, restored.eosId]).toEqual([side.size, side.padId, side.eosId]);
      expect(restored.encode('ab')).toEqual(side.encode('ab'));
    }
  });

  it('takes the tokens of a subword tokenizer, with ids of its own behind them', () => {
    const side = new SubwordSide({ tokenizer: BPE });
    expect([...side.encode('abba')]).toEqual([2, 1, 0]);
    expect(side.decode([side.bosId, 2, 1, 0, side.eosId])).toBe('abba');
    expect(side.labelOf(side.eosId)).toBe('<eos>');
    expect(side.size).toBe(6);
  });

  it('refuses what is no side', () => {
    for (const json of [undefined, {}, { lowercase: false, cut: 'toString' }]) {
      expect(() => restoreSide(json)).toThrow('are damaged');
    }
    expect(() => restoreSide({ lowercase: true, tokenizer: 5 })).toThrow('tokenizer.json');
  });
});
