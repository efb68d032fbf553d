import { type DType, type Kernel, type None, type PrimitiveKernels, sizeOf } from '@unroll/backend';
import { type Runtime, byDType } from './runtime.ts';

type Elementwise = 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid' | 'relu' | 'erf' | 'cast';

export function elementwiseOps(runtime: Runtime): Pick<PrimitiveKernels, Elementwise> {
  return {
    neg: unary(runtime, 'neg'),
    exp: unary(runtime, 'exp'),
    log: unary(runtime, 'log'),
    sqrt: unary(runtime, 'sqrt'),
    tanh: unary(runtime, 'tanh'),
    sigmoid: unary(runtime, 'sigmoid'),
    relu: unary(runtime, 'relu'),
    erf: unary(runtime, 'erf'),
    cast: ([x], { dtype }, [signature]) => {
      const { memory, kernel } = runtime;
      if (x!.dtype === dtype) return [memory.share(x!)];
      const from = memory.address(x!);
      const out = memory.make(signature!);
      kernel(`cast.${x!.dtype}.${dtype}`)(memory.address(out), vectors(sizeOf(x!.shape), dtype), from);
      return [out];
    },
  };
}

function unary(runtime: Runtime, name: string): Kernel<None> {
  const { memory } = runtime;
  const kernel = byDType(runtime, name);
  return ([x], _attrs, [signature]) => {
    const from = memory.address(x!);
    const out = memory.make(signature!);
    const { dtype } = signature!;
    kernel(dtype)(memory.address(out), vectors(sizeOf(x!.shape), dtype), from);
    return [out];
  };
}

/** The number of vectors that hold so many elements. */
export function vectors(elements: number, dtype: DType): number {
  return Math.ceil(elements / perVector(dtype));
}

/** The number of elements in a vector. */
export function perVector(dtype: DType): 2 | 4 {
  return dtype === 'float64' ? 2 : 4;
}
