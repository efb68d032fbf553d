import type { PrimitiveKernels, TypedArray } from '@unroll/backend';
import type { Memory } from './memory.ts';
import { coalesce, forEachOffset, stretchedStrides } from './strides.ts';

export function whereKernels(memory: Memory): Pick<PrimitiveKernels, 'where'> {
  return {
    where: (inputs, _attrs, [signature]) => {
      const [condition, x, y] = inputs.map((input) => memory.read(input));
      const output = memory.make(signature!);
      const out = memory.read(output);
      if (condition!.length === out.length && x!.length === out.length && y!.length === out.length) {
        choose(out, 0, condition!, 0, 1, x!, 0, 1, y!, 0, 1, out.length);
        return [output];
      }
      const shape = signature!.shape;
      const layout = coalesce(
        shape,
        inputs.map((input) => stretchedStrides(input.shape, shape)),
      );
      const inner = layout.lengths.length - 1;
      const length = layout.lengths[inner]!;
      const [cStep, iStep, jStep] = layout.strides.map((strides) => strides[inner]!);
      let o = 0;
      forEachOffset(layout, inner, ([c, i, j]) => {
        choose(out, o, condition!, c!, cStep!, x!, i!, iStep!, y!, j!, jStep!, length);
        o += length;
      });
      return [output];
    },
  };
}

function choose(
  out: TypedArray,
  o: number,
  condition: TypedArray,
  c: number,
  cStep: number,
  x: TypedArray,
  i: number,
  iStep: number,
  y: TypedArray,
  j: number,
  jStep: number,
  n: number,
): void {
  for (let q = 0; q < n; q++, c += cStep, i += iStep, j += jStep) {
    // Both are read first: a read within the branch took twice as long.
    const chosen = x[i]!;
    const other = y[j]!;
    out[o + q] = condition[c] === 0 ? other : chosen;
  }
}
