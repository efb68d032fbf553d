import { type Kernel, type PrimitiveKernels, sizeOf } from '@unroll/backend';
import type { Memory } from '../memory.ts';
import { LARGEST_INTEGER, ROUNDED } from '../whole-numbers.ts';
import { filled } from './filled.ts';
import { type Combine, INTEGER_SUM, MAX, SUM, reduce } from './reduction.ts';

export function reduceOps(memory: Memory): Pick<PrimitiveKernels, 'sum' | 'max' | 'argmax'> {
  const { device } = memory;

  const reduction =
    (
      combineFor: (dtype: string) => Combine,
      overNothing: { readonly float32: number; readonly int32: number },
    ): Kernel<{ readonly axes: readonly number[] }> =>
    ([x], { axes }, [output]) => {
      if (axes.every((axis) => x!.shape[axis] === 1)) return [memory.share(x!, output)];
      if (sizeOf(x!.shape) === 0)
        return [filled(memory, output!, overNothing[x!.dtype === 'int32' ? 'int32' : 'float32'])];
      const combine = combineFor(x!.dtype);
      return [
        memory.own(reduce(device, { x: memory.handle(x!, combine.name), shape: x!.shape, axes, combine }), output!),
      ];
    };

  return {
    sum: reduction((dtype) => (dtype === 'int32' ? INTEGER_SUM : SUM), { float32: 0, int32: 0 }),
    max: reduction(() => MAX, { float32: -Infinity, int32: -(2 ** 31) }),
    argmax: ([x], { axis }, [output]) => {
      const length = x!.shape[axis]!;
      const lengths = [sizeOf(x!.shape.slice(0, axis)), sizeOf(x!.shape.slice(axis + 1))];
      const [outer, inner] = lengths as [number, number];
      // Which is the largest of whole numbers is not known if one was rounded.
      const isInteger = x!.dtype === 'int32';
      const look = isInteger ? (value: string) => `if(Math.abs(${value})>${LARGEST_INTEGER}){rounded=1;}` : () => '';
      const result = isInteger ? `if(rounded===1){return ${ROUNDED};}return at;` : 'return at;';
      // The first of the largest, or the first NaN: comparisons with NaN do not hold.
      const source =
        `function(X){const start=row*${length * inner}+column;let best=X[start];let at=0;let i=0;${isInteger ? 'let rounded=0;' : ''}${look('best')}` +
        'let found=((best<0||best>=0)?0:1);' +
        `for(let k=1;k<${length};k++){i+=1;if(found===0){const value=X[start+k*${inner}];${look('value')}` +
        `const none=((value<0||value>=0)?0:1);if(none===1||value>best){best=value;at=i;found=none;}}}${result}}`;
      const handle = device.run({ name: 'argmax', source, width: inner, rows: outer, components: 1, inputs: [1] }, [
        memory.handle(x!, 'argmax'),
      ]);
      return [memory.own(handle, output!, isInteger ? -1 : length)];
    },
  };
}
