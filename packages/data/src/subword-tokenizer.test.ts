import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SubwordTokenizer } from './tokenizers.ts';

const added = (id: number, content: string): object => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

// A byte-pair encoding by hand: "low" and "lower" are merged, the rest is letters.
const BPE = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [added(0, '<unk>'), added(1, '<pad>')],
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  post_processor: null,
  decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: '<unk>',
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    vocab: { '<unk>': 0, '<pad>': 1, '▁': 2, l: 3, o: 4, w: 5, e: 6, r: 7, lo: 8, low: 9, er: 10, '▁low': 11 },
    merges: [
      ['l', 'o'],
      ['lo', 'w'],
      ['e', 'r'],
      ['▁', 'low'],
    ],
  },
};

const WORD_PIECE = {
  ...BPE,
  added_tokens: [added(0, '[PAD]'), added(1, '[UNK]'), added(2, '[CLS]'), added(3, '[SEP]')],
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, un: 4, '##roll': 5, '##ed': 6, '.': 7 },
  },
};

describe('byte-pair encoding', () => {
  const tokenizer = new SubwordTokenizer(BPE);

  it('merges as the file says', () => {
    expect(tokenizer.size).toBe(12);
    expect(tokenizer.tokenize('Low lower')).toEqual(['▁low', '▁low', 'er']);
    expect(tokenizer.encode('Low lower')).toEqual(Int32Array.of(11, 11, 10));
    expect(tokenizer.decode(tokenizer.encode('Low lower'))).toBe('low lower');
    expect(tokenizer.decode([])).toBe('');
  });

  it('decode undoes encode for words of its letters', () => {
    const word = fc
      .array(fc.constantFrom('l', 'o', 'w', 'e', 'r'), { minLength: 1, maxLength: 6 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
        const text = words.join(' ');
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('answers as a vocabulary does', () => {
    expect([tokenizer.unkId, tokenizer.padId, tokenizer.idOf('low'), tokenizer.tokenOf(10)]).toEqual([0, 1, 9, 'er']);
    expect(tokenizer.has('zebra')).toBe(false);
    expect(() => tokenizer.idOf('zebra')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TOKEN' }));
    expect(() => tokenizer.decode([12])).toThrow(/no id 12; ids go from 0 to 11/);
    expect(() => tokenizer.bosId).toThrow(/no token for bos.*tokenizer_config\.json/);
  });

  it('the configuration says how special tokens are written, as a string or an object', () => {
    const configured = new SubwordTokenizer(BPE, { config: { bos_token: { content: '▁' }, eos_token: 'er' } });
    expect([configured.bosId, configured.eosId]).toEqual([2, 10]);
  });
});

describe('WordPiece', () => {
  const tokenizer = new SubwordTokenizer(WORD_PIECE);

  it('cuts words into pieces, and adds special tokens only when asked', () => {
    expect(tokenizer.encode('Unrolled.')).toEqual(Int32Array.of(4, 5, 6, 7));
    expect(tokenizer.encodeWithSpecials('unroll zebra')).toEqual(Int32Array.of(2, 4, 5, 1, 3));
    expect(tokenizer.decode(tokenizer.encodeWithSpecials('unrolled.'))).toBe('unrolled.');
    expect([tokenizer.padId, tokenizer.unkId, tokenizer.bosId, tokenizer.eosId]).toEqual([0, 1, 2, 3]);
  });
});

it.each([[null], ['{}'], [{}], [{ model: { type: 'Magic' } }]])('refuses %j as a tokenizer.json', (json) => {
  expect(() => new SubwordTokenizer(json)).toThrow(expect.objectContaining({ code: 'INVALID_FILE' }));
});
