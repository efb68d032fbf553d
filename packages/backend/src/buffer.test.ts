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

describe('an array that there is no room for', () => {
  it.each([
    ['float32', 1e13, [1e7, 1e6], '[10000000, 1000000] of float32 takes 40000.0 GB (40,000,000,000,000 bytes)'],
    ['float64', 1e17, undefined, '[100000000000000000] of float64 takes 800000000.0 GB'],
  ] as const)('of %s is an error that names shape, bytes and remedy', (dtype, length, shape, named) => {
    expect(() => allocate(dtype, length, shape)).toThrow(
      expect.objectContaining({
        code: 'OUT_OF_MEMORY',
        message: expect.stringMatching(/^out of memory: .*more than there is\. Use smaller sizes or batches, or free/),
      }),
    );
    expect(() => allocate(dtype, length, shape)).toThrow(named);
  });

  it.each([-1, 1.5, NaN])('as nobody has %d elements, is refused', (length) => {
    expect(() => allocate('float32', length)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
