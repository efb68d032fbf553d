import type { TypedArray } from '@unroll/backend';

/**
 * Packs `lines` lines (rows of A, columns of B) of `k` elements into panels of four: the four first elements, the four
 * second ones, and so on. A last panel of fewer lines is filled up with zeros.
 */
export function pack(
  out: Float64Array,
  x: TypedArray,
  start: number,
  lineStride: number,
  stride: number,
  lines: number,
  k: number,
): void {
  let o = 0;
  let line = 0;
  for (; line + 3 < lines; line += 4) {
    let i0 = start + line * lineStride;
    let i1 = i0 + lineStride;
    let i2 = i1 + lineStride;
    let i3 = i2 + lineStride;
    for (const end = o + 4 * k; o < end; o += 4) {
      out[o] = x[i0]!;
      out[o + 1] = x[i1]!;
      out[o + 2] = x[i2]!;
      out[o + 3] = x[i3]!;
      i0 += stride;
      i1 += stride;
      i2 += stride;
      i3 += stride;
    }
  }
  if (line === lines) return;
  out.fill(0, o, o + 4 * k);
  for (let slot = o; line < lines; line++, slot++) {
    let i = start + line * lineStride;
    for (let to = slot; to < o + 4 * k; to += 4, i += stride) out[to] = x[i]!;
  }
}
