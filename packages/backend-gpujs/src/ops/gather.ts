import { type Buffer, type PrimitiveKernels, IndexError, sizeOf } from '@unroll/backend';
import type { Memory } from '../memory.ts';
import { LARGEST_INTEGER } from '../whole-numbers.ts';
import { filled } from './filled.ts';
import { INTEGER_SUM, SUM } from './reduction.ts';

/** Looks at indices that take less time than sending a table. */
const FEW_LOOKS = 2 ** 17;

export function gatherOps(memory: Memory): Pick<PrimitiveKernels, 'gather' | 'scatterAdd'> {
  const { device } = memory;
  return {
    gather: ([table, indices], _attrs, [output]) => {
      checkIndices(memory, 'gather', indices!, table!.shape[0]!);
      const width = sizeOf(table!.shape.slice(1));
      const rows = sizeOf(indices!.shape);
      if (width * rows === 0) return [filled(memory, output!, 0)];
      const source = `function(T,I){return T[whole(I[row])*${width}+column];}`;
      const handle = device.run({ name: 'gather', source, width, rows, components: 1, inputs: [1, 1] }, [
        memory.handle(table!, 'gather'),
        memory.handle(indices!, 'gather'),
      ]);
      return [memory.own(handle, output!)];
    },

    scatterAdd: ([updates, indices], { rows }, [output]) => {
      checkIndices(memory, 'scatterAdd', indices!, rows);
      const count = sizeOf(indices!.shape);
      const width = sizeOf(output!.shape.slice(1));
      if (count === 0 || rows * width === 0) return [filled(memory, output!, 0)];
      const from = memory.handle(updates!, 'scatterAdd');
      const { next } = output!.dtype === 'int32' ? INTEGER_SUM : SUM;
      const host = memory.host(indices!);
      if (!host || count * rows * width <= FEW_LOOKS || rows + count >= LARGEST_INTEGER) {
        // Indices that nobody knows here, few of them, or more than float32 counts: each row looks at all of them.
        const source = `function(G,I){let s=0;for(let i=0;i<${count};i++){if(whole(I[i])===row){const g=G[i*${width}+column];s=${next('s', 'g')};}}return s;}`;
        const handle = device.run({ name: 'scatterAdd', source, width, rows, components: 1, inputs: [1, 1] }, [
          from,
          memory.handle(indices!, 'scatterAdd'),
        ]);
        return [memory.own(handle, output!)];
      }
      // There is no scatter on a GPU of GPU.js: each row gathers what belongs to it, from a table sorted by rows.
      const table = device.upload(byRow(host, rows));
      const source =
        `function(G,O){const start=whole(O[row]);const n=whole(O[row+1])-start;let s=0;` +
        `for(let i=0;i<n;i++){const g=G[whole(O[${rows + 1}+start+i])*${width}+column];s=${next('s', 'g')};}return s;}`;
      const kernel = { name: 'scatterAdd', source, width, rows, components: 1, inputs: [1, 1] } as const;
      const handle = device.run(kernel, [from, table]);
      return [memory.own(handle, output!)];
    },
  };
}

/** Where the entries of each row begin (and end), then the positions of the indices, sorted by row; equal ones keep their order. */
function byRow(indices: Int32Array, rows: number): Float32Array {
  const table = new Float32Array(rows + 1 + indices.length);
  for (const index of indices) table[index + 1]!++;
  for (let row = 1; row <= rows; row++) table[row]! += table[row - 1]!;
  const next = Int32Array.from(table.subarray(0, rows));
  for (const [position, index] of indices.entries()) table[rows + 1 + next[index]!++] = position;
  return table;
}

/**
 * Refuses indices out of range: at once where the host knows them or the device can be read; on WebGPU what computes with them waits for
 * the check, and the error comes with the next download.
 */
export function checkIndices(memory: Memory, op: string, indices: Buffer, rows: number): void {
  const content = memory.content(indices, 'read');
  if (content.below >= 0 && content.below <= rows) return;
  if (content.host) {
    checkOnHost(op, content.host, rows);
  } else {
    const count = sizeOf(indices.shape);
    if (count === 0) return;
    memory.device.inspect(memory.handle(indices, op), (values) => checkOnHost(op, values, rows));
  }
  content.below = rows;
}

function checkOnHost(op: string, indices: Int32Array | Float32Array, rows: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index >= 0 && index < rows) continue;
    throw new IndexError({ op, index, position: i, rows });
  }
}
