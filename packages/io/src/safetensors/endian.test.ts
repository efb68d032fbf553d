import { expect, it } from 'vitest';
import { fromLittleEndian, reverseEach, toLittleEndian } from './endian.ts';

it('stores the least significant byte first, from any part of a buffer', () => {
  const array = Uint32Array.of(0, 0x0102_0304).subarray(1);
  expect([...toLittleEndian(array, 4)]).toEqual([4, 3, 2, 1]);
});

it('reads a copy, also from unaligned bytes', () => {
  const bytes = Uint8Array.of(9, 4, 3, 2, 1);
  const copy = fromLittleEndian(bytes.subarray(1), 4);
  bytes.fill(0);
  expect([...new Uint32Array(copy)]).toEqual([0x0102_0304]);
});

it('turns around each element for the other byte order', () => {
  expect([...reverseEach(Uint8Array.of(1, 2, 3, 4), 2)]).toEqual([2, 1, 4, 3]);
  expect([...reverseEach(Uint8Array.of(1, 2, 3), 1)]).toEqual([1, 2, 3]);
});
