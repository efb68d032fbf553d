/** LEB128: seven bits a byte, lowest first; the eighth bit says that more follow. (WebAssembly specification, 5.2.2) */

/** A non-negative integer, up to 2⁵³. */
export function unsigned(value: number): number[] {
  if (value < 128) return [value];
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value === 0 ? low : low + 128);
  } while (value !== 0);
  return bytes;
}

/** An integer in two's complement, between −2⁵³ and 2⁵³. */
export function signed(value: number): number[] {
  if (value >= -64 && value < 64) return [value & 127];
  const bytes: number[] = [];
  for (;;) {
    const low = ((value % 128) + 128) % 128;
    value = Math.floor(value / 128);
    // The rest must be nothing but copies of the sign, which is the highest of the seven bits.
    const done = low < 64 ? value === 0 : value === -1;
    bytes.push(done ? low : low + 128);
    if (done) return bytes;
  }
}
