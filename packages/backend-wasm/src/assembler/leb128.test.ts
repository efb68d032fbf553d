import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signed, unsigned } from './leb128.ts';

function decode(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte, i) => sum + (BigInt(byte & 127) << BigInt(7 * i)), 0n);
}

describe('LEB128', () => {
  it('gives the bytes of the examples of the DWARF standard', () => {
    expect([2, 127, 128, 129, 12857].map(unsigned)).toEqual([[2], [127], [0x80, 1], [0x81, 1], [0xb9, 0x64]]);
    expect([2, -2, 127, -127, 128, -128, 129, -129].map(signed)).toEqual([
      [2],
      [0x7e],
      [0xff, 0],
      [0x81, 0x7f],
      [0x80, 1],
      [0x80, 0x7f],
      [0x81, 1],
      [0xff, 0x7e],
    ]);
  });

  it('says every number, in as few bytes as possible', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = unsigned(value);
        expect(decode(bytes)).toBe(BigInt(value));
        expect(bytes.length).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)));
      }),
    );
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = signed(value);
        expect(BigInt.asIntN(7 * bytes.length, decode(bytes))).toBe(BigInt(value));
      }),
    );
  });
});
