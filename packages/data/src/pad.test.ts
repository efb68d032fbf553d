import { tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lengthsFromMask, maskFromLengths, pad, unpad } from './index.ts';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const batches = fc.record({
  sequences: fc.array(fc.array(int32, { maxLength: 6 }), { minLength: 1, maxLength: 5 }),
  extra: fc.nat({ max: 3 }),
  value: int32,
  side: fc.constantFrom('left', 'right'),
});

it('unpad gives back what pad was given', () => {
  fc.assert(
    fc.property(batches, ({ sequences, extra, value, side }) => {
      const length = Math.max(...sequences.map((sequence) => sequence.length)) + extra;
      const { tokens, lengths } = pad(sequences, { length, value, side });
      expect(tokens.shape).toEqual([sequences.length, length]);
      expect(tokens.dtype).toBe('int32');
      expect(unpad(tokens.dataSync(), { lengths, side })).toEqual(sequences);
    }),
  );
});

it('the mask is 0 exactly where the padding value was put, and counts the lengths', () => {
  fc.assert(
    fc.property(batches, ({ sequences, side }) => {
      const positive = sequences.map((sequence) => sequence.map((element) => Math.abs(element | 1) | 0 || 1));
      const { tokens, mask, lengths } = pad(positive, { side, value: 0 });
      expect(Array.from(mask.dataSync())).toEqual(Array.from(tokens.dataSync(), (token) => Number(token !== 0)));
      expect(Array.from(lengthsFromMask(mask).dataSync())).toEqual(lengths);
      expect(maskFromLengths(lengths, { side }).dataSync()).toEqual(mask.dataSync());
    }),
  );
});

it('pads to the right with 0 up to the longest by default', () => {
  const { tokens, mask, lengths } = pad([[1], [2, 3], []]);
  expect([...tokens.dataSync()]).toEqual([1, 0, 2, 3, 0, 0]);
  expect([...mask.dataSync()]).toEqual([1, 0, 1, 1, 0, 0]);
  expect(mask.dtype).toBe('float32');
  expect(lengths).toEqual([1, 2, 0]);
});

it('takes typed arrays and makes a mask of the dtype asked for', () => {
  const { tokens, mask } = pad([Int32Array.of(5, 6), Uint8Array.of(7)], { side: 'left', value: -1, dtype: 'float64' });
  expect([...tokens.dataSync()]).toEqual([5, 6, -1, 7]);
  expect(mask.dataSync()).toEqual(Float64Array.of(1, 1, 0, 1));
});

it.each([
  ['no sequence', () => pad([]), /at least one/],
  ['a sequence that is too long', () => pad([[1, 2, 3]], { length: 2 }), /sequence 0 has 3 elements.*Cut it/],
  ['a fraction', () => pad([[1], [0, 1.5]]), /element 1 of sequence 1 is 1.5/],
  ['NaN', () => pad([[NaN]]), /element 0 of sequence 0 is NaN/],
  ['more than 32 bits', () => pad([[2 ** 31]]), /2147483648/],
  ['a padding value that is no integer', () => pad([[1]], { value: 0.5 }), /padding value is 0.5/],
  ['a length that is no integer', () => pad([[1]], { length: 1.5 }), /length is 1.5/],
  ['a negative length of a mask', () => maskFromLengths([-1]), /length 0 is -1/],
  ['a length beyond the mask', () => maskFromLengths([3], { length: 2 }), /length 0 is 3/],
  ['a length beyond the row', () => unpad([1, 2], { lengths: [3] }), /length 0 is 3/],
])('refuses %s', (_name, call, message) => {
  expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }));
});

it('refuses data that does not divide into rows, and a mask that is not [batch, time]', () => {
  expect(() => unpad([1, 2, 3], { lengths: [1, 1] })).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  expect(() => unpad([1], { lengths: [] })).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  expect(unpad([], { lengths: [] })).toEqual([]);
  expect(() => lengthsFromMask(tensor([1, 0]))).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
});
