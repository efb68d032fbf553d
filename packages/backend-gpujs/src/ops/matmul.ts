import { type PrimitiveKernels, sizeOf } from '@unroll/backend';
import { matmul } from '../matmul/index.ts';
import type { Memory } from '../memory.ts';
import { filled } from './filled.ts';

export function matmulOps(memory: Memory): Pick<PrimitiveKernels, 'matmul'> {
  return {
    matmul: ([x, y], { transposeA, transposeB }, [output]) => {
      const [m, n] = output!.shape.slice(-2) as [number, number];
      const k = x!.shape.at(transposeA ? -2 : -1)!;
      if (k === 0 || sizeOf(output!.shape) === 0) return [filled(memory, output!, 0)];
      const batch = output!.shape.length === 3 ? output!.shape[0]! : 1;
      const [a, b] = [memory.handle(x!, 'matmul'), memory.handle(y!, 'matmul')];
      return [memory.own(matmul(memory.device, { a, b, batch, m, k, n, transposeA, transposeB }), output!)];
    },
  };
}
