import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, ReaderError, readLines, readText, textNormalizer, type TextSource } from '../index.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const cutInto = <T extends { readonly length: number; slice(a: number, b: number): T }>(
  whole: T,
  cuts: readonly number[],
): T[] => {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b), whole.length];
  return places.slice(1).map((end, i) => whole.slice(places[i]!, end));
};

const text = fc
  .array(fc.constantFrom('a', 'é', '€', '😀', ' ', '\n', '\r\n', '\u0085', '\u2028'), { maxLength: 20 })
  .map((parts) => parts.join(''));
const cuts = fc.array(fc.nat(), { maxLength: 6 });
const linesOf = (whole: string): string[] => {
  const lines = whole.split('\n').map((line) => line.replace(/\r$/, ''));
  return whole === '' || whole.endsWith('\n') ? lines.slice(0, -1) : lines;
};

describe('however a text is cut into pieces', () => {
  it('of bytes, its lines are the same', () =>
    fc.assert(
      fc.asyncProperty(text, cuts, async (whole, places) => {
        expect(await collect(readLines(cutInto(bytesOf(whole), places)))).toEqual(linesOf(whole));
      }),
    ));

  it('of characters, its lines are the same', () =>
    fc.assert(
      fc.asyncProperty(text, cuts, async (whole, places) => {
        expect(await collect(readLines(cutInto(whole, places)))).toEqual(linesOf(whole));
      }),
    ));

  it('readText gives it back, with \\n for \\r\\n', () =>
    fc.assert(
      fc.asyncProperty(text, cuts, async (whole, places) => {
        const pieces = await collect(readText(cutInto(bytesOf(whole), places)));
        expect(pieces.join('')).toBe(whole.replaceAll('\r\n', '\n'));
      }),
    ));

  it('the line of a bad byte is the same', () =>
    fc.assert(
      fc.asyncProperty(text, text, cuts, async (before, after, places) => {
        const bytes = Uint8Array.of(...bytesOf(before), 0xf0, 0x41, ...bytesOf(after));
        const error: unknown = await collect(readLines(cutInto(bytes, places))).catch((cause: unknown) => cause);
        expect(error).toBeInstanceOf(ReaderError);
        expect((error as ReaderError).line).toBe(before.split('\n').length);
        expect((error as ReaderError).message).toContain('byte 0xF0');
      }),
    ));
});

describe('a source may be', () => {
  const expected = ['one', 'zwei ü'];
  const whole = 'one\r\nzwei ü\n';
  const stream = (): ReadableStream<Uint8Array> => new Blob([whole]).stream();
  const sources: [string, () => TextSource][] = [
    ['a string', () => whole],
    ['bytes', () => bytesOf(whole)],
    ['an array of pieces', () => [whole.slice(0, 5), whole.slice(5)]],
    ['a web stream', stream],
    ['a web stream without async iteration, as in some browsers', () => ({ getReader: () => stream().getReader() })],
    ['the body of a response', () => new Response(whole).body!],
    ['a Node stream', () => Readable.from([bytesOf(whole)])],
  ];
  it.each(sources)('%s', async (_name, source) => {
    expect(await collect(readLines(source()))).toEqual(expected);
  });

  it('nothing else', async () => {
    await expect(collect(readLines([new Uint16Array(1)] as unknown as string[]))).rejects.toThrow(
      /neither a string nor/,
    );
  });
});

it('leaving a loop early closes the source', async () => {
  const file = createReadStream(new URL(import.meta.url));
  for await (const line of readLines(file)) {
    expect(line).toContain('import');
    break;
  }
  expect(file.destroyed).toBe(true);
});

it('leaves a byte order mark out, at the beginning only', async () => {
  expect(await collect(readLines(bytesOf('\ufeffa\n\ufeffb')))).toEqual(['a', '\ufeffb']);
  expect(await collect(readLines('\ufeffa'))).toEqual(['a']);
  expect(await collect(readLines([Uint8Array.of(0xef), Uint8Array.of(0xbb, 0xbf, 0x61)]))).toEqual(['a']);
});

it('latin1 is ISO 8859-1 and windows-1252 its cousin', async () => {
  const bytes = Uint8Array.of(0x41, 0xf0, 0x80, 0x0a);
  expect(await collect(readLines(bytes, { encoding: 'latin1' }))).toEqual(['Að\u0080']);
  expect(await collect(readLines(bytes, { encoding: 'windows-1252' }))).toEqual(['Að€']);
});

describe('errors name file, line and remedy', () => {
  it.each([
    [
      'a byte that is no UTF-8',
      Uint8Array.of(0x61, 0x0a, 0x62, 0xf0, 0x63),
      /^f\.txt:2: byte 0xF0 after "b".*encoding: 'latin1'/,
    ],
    ['an end inside of a character', Uint8Array.of(0x61, 0x0a, 0xe2, 0x82), /^f\.txt:2: byte 0xE2/],
    [
      'a bad byte after a real replacement character',
      Uint8Array.of(0xef, 0xbf, 0xbd, 0xff, 0x41),
      /^f\.txt:1: byte 0xFF/,
    ],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0x00), /^f\.txt:1: the text is UTF-16.*iconv/],
    ['UTF-32', Uint8Array.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), /the text is UTF-32\. Convert it: iconv -f utf-32 /],
    ['UTF-32 BE', Uint8Array.of(0, 0, 0xfe, 0xff, 0, 0, 0, 0x61), /the text is UTF-32\./],
    ['UTF-16 without a mark', utf16('A plain text, naïve.'), /the text is UTF-16LE\. Convert it: iconv -f utf-16le /],
    ['UTF-16 BE without a mark', utf16('A plain text, naïve.').toReversed(), /the text is UTF-16BE\./],
    ['an end inside of a character, after a line', latin1('one\ntwo caf\xe9'), /^f\.txt:2: byte 0xE9 after "two caf"/],
  ])('%s', async (_name, bytes, message) => {
    await expect(collect(readLines(bytes, { file: 'f.txt' }))).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_FILE', file: 'f.txt', message: expect.stringMatching(message) }),
    );
  });

  it('NUL is a character like others', async () => {
    for (const text of ['\0'.repeat(64), 'a\0'.repeat(6), 'text with a \0 or two, \0\0\0\0']) {
      expect(await collect(readLines(new TextEncoder().encode(text)))).toEqual([text]);
    }
  });

  it('a text without line ends', async () => {
    function* endless(): Generator<string> {
      for (;;) yield 'x'.repeat(2 ** 24);
    }
    await expect(readLines(endless()).next()).rejects.toThrow(
      /input:1: the line has more than 67108864 characters.*readText/,
    );
  });
});

describe('textNormalizer', () => {
  it('unites what is written in several ways', () => {
    expect(textNormalizer()(' e\u0301\u00a0 x\u202f! ')).toBe('é x !');
    expect(textNormalizer({ lowercase: true, stripAccents: true })('Élan ÅNGSTRÖM')).toBe('elan angstrom');
    expect(textNormalizer({ plainPunctuation: true, digits: '0' })('“1949–50”…')).toBe('"0000-00"...');
    expect(textNormalizer({ form: 'NFKC', collapseSpaces: false })('ﬁ  ²')).toBe('fi  2');
  });

  it('is done after one time', () => {
    const option = fc.record({
      form: fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'),
      lowercase: fc.boolean(),
      plainPunctuation: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), option, (whole, options) => {
        const normalize = textNormalizer(options);
        expect(normalize(normalize(whole))).toBe(normalize(whole));
      }),
    );
  });

  it('works line by line in readLines', async () => {
    const lines = readLines('A  B\nC', { normalize: textNormalizer({ lowercase: true }) });
    expect(await collect(lines)).toEqual(['a b', 'c']);
  });
});

function utf16(text: string): Uint8Array {
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0)).reduce<Uint8Array>(
    (bytes, unit, i) => {
      bytes[2 * i] = unit;
      return bytes;
    },
    new Uint8Array(2 * text.length),
  );
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}
