import { type PrimitiveKernels, type TypedArray, IndexError, sizeOf } from '@unroll/backend';
import { copyBlock } from './copy.ts';
import type { Memory } from './memory.ts';

export function gatherKernels(memory: Memory): Pick<PrimitiveKernels, 'gather' | 'scatterAdd'> {
  return {
    gather: ([table, indices], _attrs, [signature]) => {
      const from = memory.read(table!);
      const positions = memory.read(indices!);
      checkIndices('gather', positions, table!.shape[0]!);
      const output = memory.make(signature!);
      const out = memory.read(output);
      const width = sizeOf(table!.shape.slice(1));
      for (let i = 0; i < positions.length; i++) copyBlock(out, i * width, from, positions[i]! * width, width);
      return [output];
    },

    scatterAdd: ([updates, indices], { rows }, [signature]) => {
      const from = memory.read(updates!);
      const positions = memory.read(indices!);
      checkIndices('scatterAdd', positions, rows);
      const output = memory.make(signature!);
      const out = memory.read(output).fill(0);
      const width = sizeOf(signature!.shape.slice(1));
      for (let i = 0; i < positions.length; i++) addRow(out, positions[i]! * width, from, i * width, width);
      return [output];
    },
  };
}

function addRow(out: TypedArray, o: number, x: TypedArray, i: number, n: number): void {
  for (let q = 0; q < n; q++) out[o + q] = out[o + q]! + x[i + q]!;
}

/** Before anything is written: a bad index would read a wrong row without a word. */
function checkIndices(op: string, indices: TypedArray, rows: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index < 0 || index >= rows) throw new IndexError({ op, index, position: i, rows });
  }
}
