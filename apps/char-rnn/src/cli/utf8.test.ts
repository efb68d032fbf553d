import { describe, expect, it } from 'vitest';
import { invalidUtf8Offset } from './utf8.ts';

const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : [part])));

describe('invalidUtf8Offset', () => {
  it('finds nothing in UTF-8', () => {
    expect(invalidUtf8Offset(bytes())).toBeUndefined();
    expect(invalidUtf8Offset(bytes('Grüße, 世界 🎈\u{FEFF}\u0000'))).toBeUndefined();
  });

  it.each([
    ['Latin-1', bytes('caf', 0xe9, ' noir'), 3],
    ['a stray continuation', bytes('ab', 0x80), 2],
    ['a character cut off at the end', bytes('äöü', 0xf0, 0x9f, 0x8e), 6],
    ['a character cut off in the middle', bytes('ab', 0xe4, 0xb8, 'cd'), 2],
    ['an overlong form', bytes('a', 0xc0, 0xaf), 1],
    ['a surrogate', bytes('a🎈', 0xed, 0xa0, 0x80), 5],
    ['a first byte', bytes(0xff, 'abc'), 0],
    ['UTF-16', bytes(0xff, 0xfe, 0x41, 0), 0],
  ])('finds where %s begins', (_, text, offset) => {
    expect(invalidUtf8Offset(text)).toBe(offset);
  });

  it('finds a single wrong byte anywhere', () => {
    for (const offset of [0, 1, 999, 65_536, 99_999]) {
      const text = bytes('x'.repeat(100_000));
      text[offset] = 0xfe;
      expect(invalidUtf8Offset(text)).toBe(offset);
    }
  });
});
