/** The first `length` numbers of what GPU.js gives: rows of numbers, or rows of arrays of `components`. */
export function flatten(rows: unknown, length: number, components: number): Float32Array {
  if (rows instanceof Float32Array) return rows.slice(0, length);
  const values = new Float32Array(length);
  let next = 0;
  for (const row of rows as readonly (Float32Array | readonly Float32Array[])[]) {
    if (next >= length) break;
    if (row instanceof Float32Array) {
      const part = row.length <= length - next ? row : row.subarray(0, length - next);
      values.set(part, next);
      next += part.length;
      continue;
    }
    for (const texel of row) {
      for (let c = 0; c < components && next < length; c++) values[next++] = texel[c]!;
    }
  }
  return values;
}
