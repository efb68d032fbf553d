import { describe, expect, it } from 'vitest';
import { BYTES_PER_ELEMENT, allocate, dtypeOf, isFloat } from './buffer.ts';

describe('allocate', () => {
  it.each(['float32', 'float64', 'int32'] as const)('makes zeros of %s', (dtype) => {
    const data = allocate(dtype, 3);
    expect(Array.from(data)).toEqual([0, 0, 0]);
    expect(dtypeOf(data)).toBe(dtype);
    expect(data.BYTES_PER_ELEMENT).toBe(BYTES_PER_ELEMENT[dtype]);
    expect(isFloat(dtype)).toBe(dtype !== 'int32');
  });
});
