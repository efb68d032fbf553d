/**
 * The two 16-bit float formats, to and from float32. Both directions work on bits, so that every 16-bit pattern, signs of zero and
 * NaN payloads included, comes back unchanged.
 */

/** BF16 is the upper half of a float32. */
export function decodeBFloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Rounds to the nearest, ties to even. */
export function encodeBFloat16(numbers: Float32Array): Uint16Array {
  return mapBits(numbers, (word) => {
    if (!isNaNPattern(word)) return roundShift(word, 16);
    // A NaN whose payload lies in the lower half must not become an infinity.
    const upper = word >>> 16;
    return (upper & 0x7f) === 0 ? upper | 0x40 : upper;
  });
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 mantissa bits. */
export function decodeFloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  const numbers = new Float32Array(bits.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 0) {
      // Subnormal: mantissa · 2⁻²⁴, a normal number in float32. The sign comes last, so that −0 stays −0.
      numbers[i] = mantissa * 2 ** -24;
      bits[i] = bits[i]! | sign;
    } else {
      const widened = exponent === 31 ? 255 : exponent - 15 + 127;
      bits[i] = sign | (widened << 23) | (mantissa << 13);
    }
  }
  return numbers;
}

/** Rounds to the nearest, ties to even; from 65520 on that is infinity. */
export function encodeFloat16(numbers: Float32Array): Uint16Array {
  return mapBits(numbers, (word) => {
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fff_ffff;
    if (isNaNPattern(word)) return sign | 0x7c00 | ((magnitude >>> 13) & 0x3ff || 0x200);
    const exponent = magnitude >>> 23;
    if (exponent >= 127 + 16) return sign | 0x7c00;
    // Normal from 2⁻¹⁴ on. Rounding may carry into the exponent, up to infinity: the right neighbour.
    if (exponent >= 127 - 14) return sign | roundShift(magnitude - ((127 - 15) << 23), 13);
    if (exponent < 127 - 25) return sign;
    return sign | roundShift((magnitude & 0x7f_ffff) | 0x80_0000, 126 - exponent);
  });
}

function mapBits(numbers: Float32Array, convert: (word: number) => number): Uint16Array {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const halves = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) halves[i] = convert(words[i]!);
  return halves;
}

function isNaNPattern(word: number): boolean {
  return (word & 0x7fff_ffff) > 0x7f80_0000;
}

/** word / 2^shift, rounded to the nearest integer, ties to even. */
function roundShift(word: number, shift: number): number {
  const kept = word >>> shift;
  const rest = word & (2 ** shift - 1);
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}
