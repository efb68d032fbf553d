import { type Tensor, tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, packedLayout, pad, padVectors, reverseByLength, unpack } from '../index.ts';

const side = fc.constantFrom('left', 'right');
const sequences = fc.array(fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 6 }), { minLength: 1, maxLength: 5 });
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

it('unpack ∘ pack is the identity, whatever the order of lengths and the side of the padding', () => {
  fc.assert(
    fc.property(sequences, side, fc.nat(2), (batch, where, extra) => {
      const length = Math.max(...batch.map((each) => each.length)) + extra;
      fc.pre(length > 0);
      const { tokens, lengths } = pad(batch, { length, side: where, value: 7 });
      const packed = pack(tokens, { lengths, side: where });
      const unpacked = unpack(packed, { length, side: where, value: 7 });
      expect(unpacked.lengths).toEqual(lengths);
      expect(unpacked.xs.shape).toEqual(tokens.shape);
      expect(unpacked.xs.dtype).toBe('int32');
      expect(numbers(unpacked.xs)).toEqual(numbers(tokens));
    }),
  );
});

it('packed data holds every step once and no padding; batch sizes never grow', () => {
  fc.assert(
    fc.property(sequences, (batch) => {
      fc.pre(batch.some((each) => each.length > 0));
      const { tokens, lengths } = pad(batch, { value: -1 });
      const { data, batchSizes, sortedIndices, unsortedIndices } = pack(tokens, { lengths });
      expect(numbers(data).toSorted((a, b) => a - b)).toEqual(batch.flat().toSorted((a, b) => a - b));
      expect(batchSizes.toSorted((a, b) => b - a)).toEqual(batchSizes);
      expect(unsortedIndices.map((rank) => sortedIndices[rank])).toEqual(lengths.map((_, i) => i));
    }),
  );
});

it("has PyTorch's layout", () => {
  // pack_padded_sequence([[1, 2, 0], [3, 0, 0], [4, 5, 6]], [2, 1, 3], enforce_sorted=False)
  const { data, ...layout } = pack(
    tensor([
      [1, 2, 0],
      [3, 0, 0],
      [4, 5, 6],
    ]),
    { lengths: [2, 1, 3] },
  );
  expect(numbers(data)).toEqual([4, 1, 3, 5, 2, 6]);
  expect(layout).toEqual({ batchSizes: [3, 2, 1], sortedIndices: [2, 0, 1], unsortedIndices: [1, 2, 0] });
  expect(packedLayout([2, 1, 3])).toEqual(layout);
});

it('packs vectors as it packs numbers', () => {
  const { xs, lengths, mask } = padVectors(
    [
      [
        [1, 2],
        [3, 4],
      ],
      [[5, 6]],
    ],
    { dtype: 'float64' },
  );
  expect([xs.shape, xs.dtype, mask.dtype]).toEqual([[2, 2, 2], 'float64', 'float64']);
  const packed = pack(xs, { lengths });
  expect(packed.data.shape).toEqual([3, 2]);
  expect(numbers(packed.data)).toEqual([1, 2, 5, 6, 3, 4]);
  expect(numbers(unpack(packed, { side: 'left', value: 9 }).xs)).toEqual([1, 2, 3, 4, 9, 9, 5, 6]);
});

describe('reverseByLength', () => {
  it('turns sequences round and leaves padding where it is: twice is nothing', () => {
    fc.assert(
      fc.property(sequences, side, (batch, where) => {
        fc.pre(batch.some((each) => each.length > 0));
        const { tokens, lengths } = pad(batch, { side: where });
        const reversed = reverseByLength(tokens, { lengths, side: where });
        expect(numbers(reversed)).toEqual(
          numbers(
            pad(
              batch.map((each) => each.toReversed()),
              { side: where },
            ).tokens,
          ),
        );
        expect(numbers(reverseByLength(reversed, { lengths, side: where }))).toEqual(numbers(tokens));
      }),
    );
  });

  it('a left-padded batch read backwards is the right-padded batch of the reversed sequences', () => {
    fc.assert(
      fc.property(sequences, (batch) => {
        fc.pre(batch.some((each) => each.length > 0));
        const left = pad(batch, { side: 'left' }).tokens.reverse(1);
        expect(numbers(left)).toEqual(numbers(pad(batch.map((each) => each.toReversed())).tokens));
      }),
    );
  });

  it('takes vectors', () => {
    const { xs, lengths } = padVectors([
      [
        [1, 2],
        [3, 4],
      ],
      [[5, 6]],
    ]);
    expect(numbers(reverseByLength(xs, { lengths }))).toEqual([3, 4, 1, 2, 5, 6, 0, 0]);
  });
});

it('refuses lengths that do not fit', () => {
  const xs = tensor([[1, 2]]);
  expect(() => pack(xs, { lengths: [1, 2] })).toThrow(/2 lengths for a batch \[1, 2\]/);
  expect(() => pack(tensor([1, 2]), { lengths: [1, 2] })).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  expect(() => pack(xs, { lengths: [3] })).toThrow(/length 0 is 3.*from 0 to 2/);
  expect(() => reverseByLength(xs, { lengths: [0.5] })).toThrow(/length 0 is 0.5/);
  const packed = pack(xs, { lengths: [2] });
  expect(() => unpack(packed, { length: 1 })).toThrow(/a sequence has 2 steps/);
  expect(() => unpack({ ...packed, batchSizes: [1] })).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
});

it('padVectors refuses what is no batch of vectors', () => {
  expect(() => padVectors([[]])).toThrow(/at least one sequence with a step/);
  expect(() => padVectors([[[1]], [[1, 2]]])).toThrow(/step 0 of sequence 1 has 2 features instead of 1/);
  expect(() => padVectors([[[1], [2]]], { length: 1 })).toThrow(/sequence 0 has 2 steps/);
});
