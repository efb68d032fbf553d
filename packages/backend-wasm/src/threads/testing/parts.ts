import { type FusedAttrs, type Kernel, type TypedArray, dtypeOf, inferFusedSignatures } from '@unroll/backend';
import { type WasmBackend, assemble } from '../../backend.ts';
import { plainCompiler } from '../../compiler.ts';
import { type Engine, type WasmFunction, engine } from '../../engine.ts';
import { EXACT } from '../../kernels/gemm/tile.ts';
import { elementModule, productModule } from '../../kernels/modules.ts';
import { Memory } from '../../memory/memory.ts';
import type { Threads } from '../threads.ts';

export const host: Engine = engine()!;

/** A backend on its own kernels, with threads of any kind. */
export function backendOn(threads: Threads, memory: Memory = new Memory(host, 2 ** 32)): WasmBackend {
  const imports = { env: { memory: memory.linear.memory } };
  const { limits } = memory.linear;
  const kernels = Object.assign(
    {},
    ...[elementModule(limits), productModule(limits, EXACT)].map(
      (bytes) => new host.Instance(new host.Module(bytes), imports).exports,
    ),
  ) as Record<string, WasmFunction>;
  return assemble({
    memory,
    threads,
    compiler: plainCompiler(host),
    kernels,
    description: 'in parts',
    dispose: () => memory.dispose(),
  });
}

/** What an op is given. */
export interface Input {
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** float32 of a shape, by their positions. */
export function input(shape: readonly number[], of: (i: number) => number = (i) => Math.sin(1.7 * i)): Input {
  const length = shape.reduce((product, n) => product * n, 1);
  return { shape, data: Float32Array.from({ length }, (_, i) => of(i)) };
}

/** The elements of the result of a whole op that has one. */
export function runFused<F extends 'productOverTime' | 'sumOfProducts'>(
  backend: WasmBackend,
  op: F,
  attrs: FusedAttrs[F],
  ...inputs: readonly Input[]
): TypedArray {
  const buffers = inputs.map(({ shape, data }) => backend.upload(data, { shape, dtype: dtypeOf(data) }));
  const kernel: Kernel<FusedAttrs[F]> = backend.fused![op]!;
  const [output] = kernel(buffers, attrs, inferFusedSignatures(op, buffers, attrs));
  const result = backend.downloadSync(output!);
  for (const buffer of [...buffers, output!]) backend.free(buffer);
  return result;
}

export function sumOfProducts(backend: WasmBackend, a: Input, b: Input): TypedArray {
  return runFused(backend, 'sumOfProducts', {}, a, b);
}
