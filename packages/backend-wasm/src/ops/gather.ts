import { type Buffer, type PrimitiveKernels, BYTES_PER_ELEMENT, IndexError, sizeOf } from '@unroll/backend';
import { divide, isWorthwhile } from './in-parts.ts';
import { type Runtime, byDType } from './runtime.ts';

/** That are copied, about. */
const BYTES_PER_MICROSECOND = 10_000;

export function gatherOps(runtime: Runtime): Pick<PrimitiveKernels, 'gather' | 'scatterAdd'> {
  const { memory, kernel, threads } = runtime;
  const gather = kernel('gather');
  const scatterAdd = byDType(runtime, 'scatterAdd');
  const clearRows = kernel('clearRows');
  return {
    gather: ([table, indices], _attrs, [signature]) => {
      const from = memory.address(table!);
      const positions = checkedIndices(runtime, 'gather', indices!, table!.shape[0]!);
      const output = memory.make(signature!);
      const width = sizeOf(table!.shape.slice(1)) * BYTES_PER_ELEMENT[table!.dtype];
      const to = memory.address(output);
      const rows = sizeOf(indices!.shape);
      const isDivided = isWorthwhile(threads, (rows * width) / BYTES_PER_MICROSECOND);
      threads.post(
        divide(rows, isDivided ? threads.parts : 1).map(({ first, count }) => [
          { kernel: gather, values: [to + first * width, from, positions + first * 4, count, width] },
        ]),
      );
      return [output];
    },

    scatterAdd: ([updates, indices], { rows }, [signature]) => {
      const from = memory.address(updates!);
      const positions = checkedIndices(runtime, 'scatterAdd', indices!, rows);
      const output = memory.make(signature!);
      const { shape, dtype } = signature!;
      const width = sizeOf(shape.slice(1)) * BYTES_PER_ELEMENT[dtype];
      const [to, count] = [memory.address(output), sizeOf(indices!.shape)];
      // Each part has some rows of the result, and goes through all updates.
      const isDivided = isWorthwhile(threads, ((rows + count) * width) / BYTES_PER_MICROSECOND);
      threads.post(
        divide(rows, isDivided ? threads.parts : 1).map(({ first, count: own }) => [
          { kernel: clearRows, values: [to + first * width, width, width, own] },
          { kernel: scatterAdd(dtype), values: [to + first * width, from, positions, count, width, first, own] },
        ]),
      );
      return [output];
    },
  };
}

/** The address of indices that all lie in [0, rows): a bad one would read or write elsewhere without a word. */
function checkedIndices({ memory, kernel }: Runtime, op: string, indices: Buffer, rows: number): number {
  const address = memory.address(indices);
  const count = sizeOf(indices.shape);
  const position = kernel('firstOutside')(address, count, rows);
  if (position === count) return address;
  const index = memory.linear.int32[address / 4 + position]!;
  throw new IndexError({ op, index, position, rows });
}
