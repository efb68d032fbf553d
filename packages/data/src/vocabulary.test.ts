import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { dataFolder } from '@unroll/fixtures';
import { type Backend, Tensor, getBackend } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPECIALS, type Special, Vocabulary, pad } from './index.ts';

/** Text with what goes wrong elsewhere: emoji, combining marks, CRLF, lone surrogates. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', 'é', 'e\u0301', '👩‍👩‍👧', '🇫🇷', '\r\n', '\n', '\0', '\uD800', '\uFFFD', '日') }),
);
const specials = fc.subarray([...SPECIALS]);
const tokens = fc.array(fc.constantFrom('the', 'cat', 'sat', '<unk>', '<pad>', 'Ä', '', '__proto__', 'constructor'));

describe('characters', () => {
  it('a text comes back unchanged through encode and decode, whatever it contains', () => {
    fc.assert(
      fc.property(text, specials, (text, specials) => {
        const vocabulary = Vocabulary.fromText(text, { specials });
        const ids = vocabulary.encode(text);
        expect(vocabulary.decode(ids).join('')).toBe(text);
        expect(ids).toHaveLength(Array.from(text).length);
      }),
    );
  });

  it('stand in the order of their code points behind the specials', () => {
    const vocabulary = Vocabulary.fromText('b😀\uFFFDab\r\n', { specials: ['eos', 'pad'] });
    expect(vocabulary.decode(vocabulary.encode('\n\rab\uFFFD😀'))).toEqual(['\n', '\r', 'a', 'b', '\uFFFD', '😀']);
    expect([...vocabulary.encode('\n\rab\uFFFD😀')]).toEqual([2, 3, 4, 5, 6, 7]);
    expect(vocabulary.specials).toEqual(['pad', 'eos']);
    expect([vocabulary.padId, vocabulary.eosId]).toEqual([0, 1]);
  });

  it('are code points: a letter with a combining mark is two, an emoji above U+FFFF is one', () => {
    expect(Vocabulary.fromText('e\u0301').size).toBe(2);
    expect(Vocabulary.fromText('\u00e9').size).toBe(1);
    expect(Vocabulary.fromText('😀').size).toBe(1);
  });

  it('do not depend on the order of the text', () => {
    fc.assert(
      fc.property(text, (text) => {
        const reversed = Array.from(text).toReversed();
        // Joining reversed halves of a pair could make a new character.
        fc.pre(!/\p{Surrogate}/u.test(text));
        expect(Vocabulary.fromText(reversed.join('')).toJSON()).toEqual(Vocabulary.fromText(text).toJSON());
      }),
    );
  });
});

const folder = dataFolder();

it.skipIf(folder === undefined)(
  'tinyshakespeare has 65 characters and comes back (skipped without the data folder)',
  () => {
    const text = gunzipSync(readFileSync(`${folder}/charlm/tinyshakespeare.txt.gz`)).toString('utf8');
    const vocabulary = Vocabulary.fromText(text);
    expect(vocabulary.size).toBe(65);
    expect(vocabulary.decode([0, 1, 13, 39, 64])).toEqual(['\n', ' ', 'A', 'a', 'z']);
    expect(vocabulary.decode(vocabulary.encode(text)).join('')).toBe(text);
  },
);

describe('tokens', () => {
  it('are sorted by frequency, then by code point', () => {
    const vocabulary = Vocabulary.fromTokens(['z', 'b', 'a', 'b', 'z', 'c', 'z'], { specials: ['unk'] });
    expect(vocabulary.decode([0, 1, 2, 3, 4])).toEqual(['<unk>', 'z', 'b', 'a', 'c']);
  });

  it('below minFrequency and behind maxSize become unk', () => {
    const words = 'a a a a b b b c c d'.split(' ');
    const frequent = Vocabulary.fromTokens(words, { minFrequency: 2, specials: ['unk'] });
    expect([...frequent.encode(words)]).toEqual([1, 1, 1, 1, 2, 2, 2, 3, 3, 0]);
    const small = Vocabulary.fromTokens(words, { maxSize: 3, specials: ['unk'] });
    expect(small.size).toBe(3);
    expect([...small.encode(['a', 'b', 'c', 'd'])]).toEqual([1, 2, 0, 0]);
  });

  it('written like a special are that special', () => {
    const vocabulary = Vocabulary.fromTokens(['<unk>', 'a', '<unk>', '<pad>'], { specials: ['unk'] });
    expect(vocabulary.idOf('<unk>')).toBe(vocabulary.unkId);
    expect(vocabulary.size).toBe(3);
    expect(vocabulary.tokenOf(vocabulary.idOf('<pad>'))).toBe('<pad>');
  });

  it('of sequences count over all of them; words give their characters', () => {
    expect(Vocabulary.fromSequences([['a', 'b'], ['b']]).decode([0, 1])).toEqual(['b', 'a']);
    expect(Vocabulary.fromSequences(['ab', 'b']).decode([0, 1])).toEqual(['b', 'a']);
  });

  it('have ids from 0 to size − 1, each its own', () => {
    fc.assert(
      fc.property(tokens, specials, (tokens, specials) => {
        const vocabulary = Vocabulary.fromTokens(tokens, { specials });
        const ids = Array.from({ length: vocabulary.size }, (_, id) => id);
        expect(ids.map((id) => vocabulary.idOf(vocabulary.tokenOf(id)))).toEqual(ids);
        expect(vocabulary.decode(vocabulary.encode(tokens))).toEqual(tokens);
        expect(tokens.every((token) => vocabulary.has(token))).toBe(true);
      }),
    );
  });
});

describe('unknown tokens', () => {
  it('become unk and are counted in order of appearance', () => {
    const vocabulary = Vocabulary.fromTokens(['a'], { specials: ['pad', 'unk'] });
    const { ids, unknowns } = vocabulary.encodeWithUnknowns(['x', 'a', 'y', 'x', '<unk>']);
    expect([...ids]).toEqual([1, 2, 1, 1, 1]);
    expect([...unknowns]).toEqual([
      ['x', 2],
      ['y', 1],
    ]);
  });

  it('are an error that names token, position and remedy where there is no unk', () => {
    const vocabulary = Vocabulary.fromText('abc');
    expect(() => vocabulary.encode('ab😀')).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_TOKEN',
        message: expect.stringMatching(/"😀" at position 2.*specials: \['unk'\]/),
      }),
    );
    expect(() => vocabulary.idOf('z')).toThrow(expect.objectContaining({ code: 'UNKNOWN_TOKEN' }));
    expect(vocabulary.has('z')).toBe(false);
  });

  it('ids outside are an error that names the range', () => {
    const vocabulary = Vocabulary.fromText('abc');
    for (const id of [-1, 3, 0.5, NaN]) {
      expect(() => vocabulary.decode([id])).toThrow(expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }));
    }
  });
});

describe('wrong arguments', () => {
  it.each([
    ['a token twice', () => new Vocabulary({ tokens: ['a', 'b', 'a'] }), /"a" stands twice/],
    ['a special as a token', () => new Vocabulary({ specials: ['pad'], tokens: ['<pad>'] }), /"<pad>" stands twice/],
    ['no room for specials', () => Vocabulary.fromText('a', { maxSize: 1, specials: ['pad', 'unk'] }), /no room/],
    ['maxSize NaN', () => Vocabulary.fromText('a', { maxSize: NaN }), /maxSize/],
    ['minFrequency NaN', () => Vocabulary.fromText('a', { minFrequency: NaN }), /minFrequency/],
    ['an id of a special that is missing', () => Vocabulary.fromText('a').padId, /no pad.*specials: \['pad'/],
  ])('%s', (_name, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
    );
  });
});

describe('batches', () => {
  const sentences = fc.array(fc.array(fc.constantFrom('the', 'cat', 'sat', ''), { maxLength: 5 }), {
    minLength: 1,
    maxLength: 4,
  });
  const words = Vocabulary.fromTokens(['the', 'cat', 'sat', ''], { specials: ['bos', 'eos'] });
  const padded = Vocabulary.fromTokens(['the', 'cat', 'sat', ''], { specials: [...SPECIALS] });
  const rows = (values: ArrayLike<number>, width: number): number[][] =>
    Array.from({ length: values.length / Math.max(width, 1) }, (_, row) =>
      Array.from(values).slice(row * width, (row + 1) * width),
    );

  it.each([
    ['by the token of padding', padded],
    ['by 0 where there is none', words],
  ])('are `pad` of the encoded sequences, filled %s', (_, vocabulary) => {
    fc.assert(
      fc.property(sentences, fc.constantFrom('left' as const, 'right' as const), (batch, side) => {
        const ids = batch.map((sentence) => vocabulary.encode(sentence));
        const value = vocabulary === padded ? padded.padId : 0;
        const [found, expected] = [vocabulary.encodeBatch(batch, { side }), pad(ids, { side, value })];
        expect(found.lengths).toEqual(expected.lengths);
        expect(found.tokens.dataSync()).toEqual(expected.tokens.dataSync());
        expect(found.mask.dataSync()).toEqual(expected.mask.dataSync());
      }),
    );
  });

  it('of nested sequences have each inner sequence where it stands, and padding everywhere else', () => {
    const characters = Vocabulary.fromText('thecatsat', { specials: ['pad', 'unk'] });
    fc.assert(
      fc.property(sentences, (batch) => {
        const { tokens, mask } = characters.encodeNestedBatch(batch);
        const [count, time, inner] = tokens.shape as [number, number, number];
        expect([count, time]).toEqual([batch.length, Math.max(...batch.map(({ length }) => length))]);
        expect(mask.shape).toEqual(tokens.shape);
        const [ids, live] = [rows(tokens.dataSync(), inner), rows(mask.dataSync(), inner)];
        for (const [row, sentence] of batch.entries()) {
          for (let at = 0; at < time; at++) {
            const own = Array.from(characters.encode(sentence[at] ?? ''));
            const rest = Array.from({ length: inner - own.length }, () => 0);
            expect(ids[row * time + at] ?? []).toEqual([...own, ...rest]);
            expect(live[row * time + at] ?? []).toEqual([...own.map(() => 1), ...rest]);
          }
        }
      }),
    );
    expect(() => characters.encodeNestedBatch([])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('of targets are read from the beginning on, and written to their end', () => {
    fc.assert(
      fc.property(sentences, (batch) => {
        const { inputs, targets, mask } = padded.encodeTargets(batch);
        const read = padded.encodeBatch(batch.map((sentence) => ['<bos>', ...sentence]));
        const written = padded.encodeBatch(batch.map((sentence) => [...sentence, '<eos>']));
        expect(inputs.dataSync()).toEqual(read.tokens.dataSync());
        expect(targets.dataSync()).toEqual(written.tokens.dataSync());
        expect(mask.dataSync()).toEqual(written.mask.dataSync());
      }),
    );
    expect(() => Vocabulary.fromText('a').encodeTargets(['a'])).toThrow(/has no bos/);
  });

  it('leave no tensor behind but those that they give, outside of a scope too', () => {
    const base = getBackend();
    const handles = new Set<unknown>();
    const counted = <T>(handle: T): T => {
      handles.add(handle);
      return handle;
    };
    const backend: Backend = {
      name: 'counting',
      primitives: base.primitives,
      upload: (data, signature) => counted(base.upload(data, signature)),
      download: (buffer) => base.download(buffer),
      share: (buffer) => counted(base.share(buffer)),
      free: (buffer) => {
        handles.delete(buffer);
        base.free(buffer);
      },
    };
    const batches = [
      padded.encodeBatch([['a'], []], { backend }),
      padded.encodeNestedBatch([[['a'], []], [['a', 'a']]], { backend }),
      padded.encodeTargets([['a'], []], { backend }),
    ];
    expect(handles.size).toBeGreaterThan(0);
    for (const batch of batches) {
      for (const value of Object.values(batch)) if (value instanceof Tensor) value.dispose();
    }
    expect(handles.size).toBe(0);
  });

  it('have a mask of the dtype that is asked for, all three', () => {
    const dtype = 'float64';
    expect(padded.encodeBatch([['a']], { dtype }).mask.dtype).toBe(dtype);
    expect(padded.encodeNestedBatch([[['a']]], { dtype }).mask.dtype).toBe(dtype);
    expect(padded.encodeTargets([['a']], { dtype }).mask.dtype).toBe(dtype);
  });
});

describe('JSON', () => {
  it('gives back an equal vocabulary', () => {
    fc.assert(
      fc.property(text, specials, (text, specials) => {
        const vocabulary = Vocabulary.fromText(text, { specials });
        const copy = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
        expect(copy.toJSON()).toEqual(vocabulary.toJSON());
        expect(copy.encode(text)).toEqual(vocabulary.encode(text));
      }),
    );
  });

  const good = { format: 'unroll-vocabulary', version: 1, specials: ['pad', 'unk'] as Special[], tokens: ['a'] };
  it.each([
    ['null', null],
    ['a string', '{}'],
    ['another format', { ...good, format: 'vocab' }],
    ['a later version', { ...good, version: 2 }],
    ['no specials', { ...good, specials: undefined }],
    ['an unknown special', { ...good, specials: ['mask'] }],
    ['specials in another order', { ...good, specials: ['unk', 'pad'] }],
    ['a special twice', { ...good, specials: ['pad', 'pad'] }],
    ['tokens that are no array', { ...good, tokens: { 0: 'a' } }],
    ['a token that is no string', { ...good, tokens: ['a', 1] }],
    ['a token twice', { ...good, tokens: ['a', 'a'] }],
    ['a token written like one of its specials', { ...good, tokens: ['<pad>'] }],
  ])('of %s is refused as INVALID_FILE', (_name, json) => {
    expect(() => Vocabulary.fromJSON(json)).toThrow(expect.objectContaining({ code: 'INVALID_FILE' }));
  });

  it('of any other value is refused without another error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => Vocabulary.fromJSON(value)).toThrow(expect.objectContaining({ code: 'INVALID_FILE' }));
      }),
    );
  });
});
