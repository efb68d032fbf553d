import type { PrimitiveKernels } from '@unroll/backend';
import { multiply } from './gemm.ts';
import type { Memory } from './memory.ts';

export function matmulKernels(memory: Memory): Pick<PrimitiveKernels, 'matmul'> {
  return {
    matmul: ([a, b], { transposeA, transposeB }, [signature]) => {
      const x = memory.read(a!);
      const y = memory.read(b!);
      const output = memory.make(signature!);
      const out = memory.read(output);
      const [m, n] = signature!.shape.slice(-2) as [number, number];
      const k = a!.shape.at(transposeA ? -2 : -1)!;
      const batch = signature!.shape.length === 3 ? signature!.shape[0]! : 1;
      // A transposed operand is the same array read with its strides exchanged.
      const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
      const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
      for (let i = 0; i < batch; i++) {
        multiply(
          { data: out, start: i * m * n, row: n, column: 1 },
          { data: x, start: i * m * k, row: aRow, column: aColumn },
          { data: y, start: i * k * n, row: bRow, column: bColumn },
          m,
          k,
          n,
        );
      }
      return [output];
    },
  };
}
