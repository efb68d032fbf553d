import { describe, expect, it } from 'vitest';
import type { DType, Signature } from './buffer.ts';
import type { Primitive, PrimitiveAttrs } from './primitives.ts';
import type { Shape } from './shape.ts';
import { inferSignatures, primitiveNames } from './signatures.ts';

const of = (shape: Shape, dtype: DType = 'float32'): Signature => ({ shape, dtype });

function infer<P extends Primitive>(
  primitive: P,
  attrs: PrimitiveAttrs[P],
  ...inputs: Signature[]
): readonly Signature[] {
  return inferSignatures(primitive, inputs, attrs);
}

describe('inferSignatures', () => {
  it('knows every primitive once', () => {
    expect(new Set(primitiveNames).size).toBe(primitiveNames.length);
    expect(primitiveNames).toContain('scatterAdd');
  });

  it('gives shapes and dtypes', () => {
    const flags = { transposeA: true, transposeB: false };
    expect(infer('tanh', {}, of([2, 3], 'float64'))).toEqual([of([2, 3], 'float64')]);
    expect(infer('add', {}, of([2, 1]), of([3]))).toEqual([of([2, 3])]);
    expect(infer('less', {}, of([2], 'int32'), of([], 'int32'))).toEqual([of([2], 'int32')]);
    expect(infer('where', {}, of([2, 1], 'int32'), of([3]), of([]))).toEqual([of([2, 3])]);
    expect(infer('cast', { dtype: 'int32' }, of([2]))).toEqual([of([2], 'int32')]);
    expect(infer('matmul', flags, of([5, 3, 2]), of([5, 3, 4]))).toEqual([of([5, 2, 4])]);
    expect(infer('sum', { axes: [0, 2] }, of([2, 3, 4]))).toEqual([of([1, 3, 1])]);
    expect(infer('argmax', { axis: 1 }, of([2, 3]))).toEqual([of([2, 1], 'int32')]);
    expect(infer('transpose', { order: [2, 0, 1] }, of([2, 3, 4]))).toEqual([of([4, 2, 3])]);
    expect(infer('split', { axis: 1, sizes: [1, 2] }, of([2, 3]))).toEqual([of([2, 1]), of([2, 2])]);
    expect(infer('concat', { axis: 0 }, of([2, 3]), of([4, 3]))).toEqual([of([6, 3])]);
    expect(infer('slice', { axis: 0, start: 1, size: 2 }, of([4, 3]))).toEqual([of([2, 3])]);
    expect(infer('pad', { axis: 1, before: 1, after: 2 }, of([4, 3]))).toEqual([of([4, 6])]);
    expect(infer('gather', {}, of([9, 4]), of([2, 3], 'int32'))).toEqual([of([2, 3, 4])]);
    expect(infer('scatterAdd', { rows: 9 }, of([2, 3, 4]), of([2, 3], 'int32'))).toEqual([of([9, 4])]);
  });

  const nn = { transposeA: false, transposeB: false };
  const refusals: readonly [what: string, call: () => unknown, code: string, message: string][] = [
    [
      'inner lengths that differ, guessing the flag',
      () => infer('matmul', nn, of([32, 64]), of([128, 64])),
      'SHAPE_MISMATCH',
      'matmul: [32, 64] × [128, 64]: 64 ≠ 128. Did you mean transposeB?',
    ],
    [
      'inner lengths that differ, guessing the other flag',
      () => infer('matmul', nn, of([64, 32]), of([64, 128])),
      'SHAPE_MISMATCH',
      'matmul: [64, 32] × [64, 128]: 32 ≠ 64. Did you mean transposeA?',
    ],
    [
      'inner lengths that fit in no way, without a guess',
      () => infer('matmul', { transposeA: true, transposeB: true }, of([2, 3]), of([4, 5])),
      'SHAPE_MISMATCH',
      'matmul: [2, 3]ᵀ × [4, 5]ᵀ: 2 ≠ 5.',
    ],
    [
      'batches that differ',
      () => infer('matmul', nn, of([2, 3, 4]), of([3, 4, 5])),
      'SHAPE_MISMATCH',
      'matmul: [2, 3, 4] × [3, 4, 5]: the batches 2 and 3 differ.',
    ],
    [
      'a product of vectors',
      () => infer('matmul', nn, of([3]), of([3])),
      'SHAPE_MISMATCH',
      'matmul: [3] × [3]: both must have rank 2, or both rank 3 with the batch first. Reshape the leading axes into one.',
    ],
    [
      'whole numbers where floats are wanted',
      () => infer('exp', {}, of([2], 'int32')),
      'DTYPE_MISMATCH',
      "exp: wants float32 or float64, got int32. Cast first: x.cast('float32').",
    ],
    [
      'dtypes that differ',
      () => infer('add', {}, of([2]), of([2], 'float64')),
      'DTYPE_MISMATCH',
      "add: dtypes float32, float64 differ. Cast one: x.cast('float32'). A whole model is cast by castParameters(model, 'float64').",
    ],
    [
      'an axis that does not exist',
      () => infer('sum', { axes: [2] }, of([2, 3])),
      'INVALID_ARGUMENT',
      'sum: axis 2 does not exist in [2, 3].',
    ],
    [
      'an axis that has no largest element',
      () => infer('argmax', { axis: 1 }, of([2, 0])),
      'SHAPE_MISMATCH',
      'argmax: axis 1 of [2, 0] is empty: it has no largest element.',
    ],
    [
      'a reshape that changes the number of elements',
      () => infer('reshape', { shape: [4, 2] }, of([2, 3])),
      'SHAPE_MISMATCH',
      'reshape: [2, 3] has 6 elements, [4, 2] has 8. The number of elements must stay.',
    ],
    [
      'a reshape to negative lengths',
      () => infer('reshape', { shape: [-2, -3] }, of([2, 3])),
      'SHAPE_MISMATCH',
      'reshape: [2, 3] has 6 elements, [-2, -3] has 6. The number of elements must stay.',
    ],
    [
      'a broadcast that would shrink',
      () => infer('broadcast', { shape: [1] }, of([3])),
      'SHAPE_MISMATCH',
      'broadcast: [3] does not stretch to [1].',
    ],
    [
      'an order that is no permutation',
      () => infer('transpose', { order: [0, 0] }, of([2, 3])),
      'INVALID_ARGUMENT',
      'transpose: order [0, 0] is not a permutation of the 2 axes of [2, 3].',
    ],
    [
      'pieces that do not add up',
      () => infer('split', { axis: 0, sizes: [1, 2] }, of([4])),
      'SHAPE_MISMATCH',
      'split: sizes [1, 2] add up to 3, axis 0 of [4] has 4.',
    ],
    [
      'parts that differ beside their axis',
      () => infer('concat', { axis: 0 }, of([2, 3]), of([2, 4])),
      'SHAPE_MISMATCH',
      'concat: shapes [2, 3], [2, 4] may differ only along axis 0.',
    ],
    ['nothing to join', () => infer('concat', { axis: 0 }), 'INVALID_ARGUMENT', 'concat: needs at least one tensor.'],
    [
      'a slice that leaves its axis',
      () => infer('slice', { axis: 0, start: 2, size: 3 }, of([4])),
      'INDEX_OUT_OF_RANGE',
      'slice: positions 2 to 5 lie outside axis 0 of [4].',
    ],
    [
      'padding that cuts',
      () => infer('pad', { axis: 0, before: -1, after: 0 }, of([4])),
      'INVALID_ARGUMENT',
      'pad: before and after are -1 and 0; use slice to cut.',
    ],
    [
      'indices that are not whole numbers',
      () => infer('gather', {}, of([4, 2]), of([3])),
      'DTYPE_MISMATCH',
      "gather: indices must be int32, got float32. Cast them: x.cast('int32').",
    ],
    [
      'a table without rows',
      () => infer('gather', {}, of([]), of([3], 'int32')),
      'SHAPE_MISMATCH',
      'gather: the table is a scalar; it needs rows.',
    ],
    [
      'updates that do not fit their indices',
      () => infer('scatterAdd', { rows: 3 }, of([2, 4]), of([3], 'int32')),
      'SHAPE_MISMATCH',
      'scatterAdd: updates [2, 4] must start with the shape of the indices [3].',
    ],
    ['too few tensors', () => infer('add', {}, of([2])), 'INVALID_ARGUMENT', 'add: takes 2 tensor(s), got 1.'],
  ];

  it.each(refusals)('refuses %s', (_what, call, code, message) => {
    expect(call).toThrow(expect.objectContaining({ code, message }));
  });
});
