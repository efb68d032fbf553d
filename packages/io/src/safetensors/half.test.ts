import { describe, expect, it } from 'vitest';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from './half.ts';

const everyPattern = Uint16Array.from({ length: 0x1_0000 }, (_, bits) => bits);

/** The value of a pattern by the definition: sign · mantissa · 2^exponent. */
function float16ByDefinition(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

/** The bits of a float32 that lies `ulps` above a non-negative one. */
function above(x: number, ulps: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer);
  bits[0] = bits[0]! + ulps;
  return new Float32Array(bits.buffer)[0]!;
}

describe('F16', () => {
  it('every pattern has the value of its definition', () => {
    const decoded = decodeFloat16(everyPattern);
    expect(everyPattern.every((bits) => Object.is(decoded[bits], float16ByDefinition(bits)))).toBe(true);
  });

  it('every pattern comes back bit for bit, NaN payloads included', () => {
    expect(encodeFloat16(decodeFloat16(everyPattern))).toEqual(everyPattern);
  });

  it('rounds to the nearest, ties to even, between all neighbours', () => {
    const finite = everyPattern.filter((bits) => bits < 0x7c00 - 1);
    for (const bits of finite) {
      const middle = (float16ByDefinition(bits) + float16ByDefinition(bits + 1)) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      expectEncoded([above(middle, -1), middle, above(middle, 1)], [bits, even, bits + 1]);
    }
  });

  it('becomes infinite from halfway above the largest number on', () => {
    expectEncoded(
      [65504, 65519.99609375, 65520, 65536, 1e30, Infinity],
      [0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x7c00, 0x7c00],
    );
    expectEncoded([-65520, -0, -1e-30], [0xfc00, 0x8000, 0x8000]);
  });

  it('a NaN whose payload does not fit stays a NaN', () => {
    const nan = new Float32Array(Uint32Array.of(0x7f80_0001, 0xff80_0001).buffer);
    expect(decodeFloat16(encodeFloat16(nan)).every(Number.isNaN)).toBe(true);
    expect(decodeBFloat16(encodeBFloat16(nan)).every(Number.isNaN)).toBe(true);
  });

  function expectEncoded(numbers: number[], halves: number[]): void {
    // One comparison of strings: `expect` on arrays would dominate the loop over all patterns.
    const found = encodeFloat16(Float32Array.from(numbers)).join();
    if (found !== halves.join()) expect({ numbers, found }).toEqual({ numbers, found: halves.join() });
  }
});

describe('BF16', () => {
  it('is the upper half of a float32', () => {
    const words = new Uint32Array(decodeBFloat16(everyPattern).buffer);
    expect(words.every((word, bits) => word === bits * 0x1_0000)).toBe(true);
  });

  it('every pattern comes back bit for bit', () => {
    expect(encodeBFloat16(decodeBFloat16(everyPattern))).toEqual(everyPattern);
  });

  it('rounds to the nearest, ties to even, up to infinity', () => {
    const words = Uint32Array.of(0x3f80_7fff, 0x3f80_8000, 0x3f80_8001, 0x3f81_8000, 0x7f7f_ffff, 0xff7f_7fff);
    const halves = encodeBFloat16(new Float32Array(words.buffer));
    expect([...halves]).toEqual([0x3f80, 0x3f80, 0x3f81, 0x3f82, 0x7f80, 0xff7f]);
  });
});
