import { BYTES_PER_ELEMENT, type DType, type Kernel, type None, type PrimitiveKernels, sizeOf } from '@unroll/backend';
import type { WasmFunction } from '../engine.ts';
import type { Threads } from '../threads/threads.ts';
import { divide, isWorthwhile } from './in-parts.ts';
import { type Runtime, byDType } from './runtime.ts';

type Elementwise = 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid' | 'relu' | 'erf' | 'sin' | 'cos' | 'cast';

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
    sin: unary(runtime, 'sin'),
    cos: unary(runtime, 'cos'),
    cast: ([x], { dtype }, [signature]) => {
      const { memory, kernel } = runtime;
      if (x!.dtype === dtype) return [memory.share(x!)];
      const from = memory.address(x!);
      const out = memory.make(signature!);
      const cast = kernel(`cast.${x!.dtype}.${dtype}`);
      const perPass = perVector(dtype) * BYTES_PER_ELEMENT[x!.dtype];
      mapAll(runtime.threads, cast, memory.address(out), vectors(sizeOf(x!.shape), dtype), from, perPass);
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
    mapAll(runtime.threads, kernel(dtype), memory.address(out), vectors(sizeOf(x!.shape), dtype), from, VECTOR);
    return [out];
  };
}

/** Bytes. */
export const VECTOR = 16;
/** Vectors that an op takes in a microsecond, about; and how many of them belong together, so that threads do not share a cache line. */
export const PER_MICROSECOND = 500;
export const IN_A_LINE = 4;

/** Runs a kernel of the form (out, passes, x); x is read so many bytes a pass. */
function mapAll(
  threads: Threads,
  kernel: WasmFunction,
  out: number,
  passes: number,
  x: number,
  bytesPerPass: number,
): void {
  if (!isWorthwhile(threads, passes / PER_MICROSECOND)) {
    kernel(out, passes, x);
    return;
  }
  const ranges = divide(passes, threads.parts, IN_A_LINE);
  threads.post(
    ranges.map(({ first, count }) => [{ kernel, values: [out + first * VECTOR, count, x + first * bytesPerPass] }]),
  );
}

/** The number of vectors that hold so many elements. */
export function vectors(elements: number, dtype: DType): number {
  return Math.ceil(elements / perVector(dtype));
}

/** The number of elements in a vector. */
export function perVector(dtype: DType): 2 | 4 {
  return dtype === 'float64' ? 2 : 4;
}
