import {
  BYTES_PER_ELEMENT,
  type Buffer,
  type DType,
  type PrimitiveKernels,
  type Signature,
  sizeOf,
} from '@unroll/backend';
import type { WasmFunction } from '../engine.ts';
import type { WasmBuffer } from '../memory/wasm-buffer.ts';
import { LINE, divide, isWorthwhile } from './in-parts.ts';
import { forEachOffset, layout, stretchedStrides, stridesOf } from './layout.ts';
import { type Runtime, byDType } from './runtime.ts';

export function reduceOps(runtime: Runtime): Pick<PrimitiveKernels, 'sum' | 'max' | 'argmax'> {
  const { memory, threads } = runtime;
  const sum = reduction(runtime, 'sum');
  const max = reduction(runtime, 'max');
  const argmax = byDType(runtime, 'argmax');
  return {
    sum: ([x], _attrs, [signature]) => [reduce(sum, 0, x!, signature!)],

    max: ([x], _attrs, [signature]) => {
      const smallest = signature!.dtype === 'int32' ? -(2 ** 31) : -Infinity;
      return [reduce(max, smallest, x!, signature!)];
    },

    argmax: ([x], { axis }, [signature]) => {
      const from = memory.address(x!);
      const output = memory.make(signature!);
      const out = memory.address(output);
      const { shape, dtype } = x!;
      const bytes = BYTES_PER_ELEMENT[dtype];
      const length = shape[axis]!;
      const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
      const run = argmax(dtype);
      if (inner === 1) {
        const ranges = divide(outer, isWorthwhile(threads, (outer * length) / PER_MICROSECOND) ? threads.parts : 1);
        const row = length * bytes;
        threads.post(
          ranges.map(({ first, count }) => [
            { kernel: run, values: [out + first * 4, from + first * row, count, length, row, bytes] },
          ]),
        );
      } else {
        for (let i = 0; i < outer; i++) {
          run(out + i * inner * 4, from + i * length * inner * bytes, inner, length, bytes, inner * bytes);
        }
      }
      return [output];
    },
  };
}

/** Elements that are brought together in a microsecond, about. */
const PER_MICROSECOND = 2000;

interface Reduction extends Pick<Runtime, 'memory' | 'threads'> {
  readonly rows: (dtype: DType) => WasmFunction;
  readonly columns: (dtype: DType) => WasmFunction;
}

function reduction(runtime: Runtime, name: string): Reduction {
  return {
    memory: runtime.memory,
    threads: runtime.threads,
    rows: byDType(runtime, `${name}Rows`),
    columns: byDType(runtime, `${name}Columns`),
  };
}

/** Brings every element of x into the element of the result that it belongs to; those begin as `start`. */
function reduce(
  { memory, threads, rows: byRow, columns: byColumn }: Reduction,
  start: number,
  x: Buffer,
  signature: Signature,
): WasmBuffer {
  const { shape, dtype } = signature;
  // Nothing to bring together.
  if (sizeOf(x.shape) === sizeOf(shape) && sizeOf(shape) > 0) return memory.share(x, shape);
  const from = memory.address(x);
  const output = memory.make(signature);
  memory.fill(output, start);
  if (sizeOf(x.shape) === 0) return output;

  const out = memory.address(output);
  const bytes = BYTES_PER_ELEMENT[dtype];
  const space = layout(x.shape, [stridesOf(x.shape), stretchedStrides(shape, x.shape)]);
  const inner = space.lengths.length - 1;
  const columns = space.lengths[inner]!;
  const rows = space.lengths[inner - 1] ?? 1;
  // Neighbouring axes are reduced and kept in turn, or they would have been joined.
  const isByRow = space.strides[1]![inner] === 0;
  const kernel = (isByRow ? byRow : byColumn)(dtype);
  const row = columns * bytes;
  const isDivided = isWorthwhile(threads, (rows * columns) / PER_MICROSECOND);
  const ranges = divide(isByRow ? rows : columns, isDivided ? threads.parts : 1, isByRow ? 1 : LINE / bytes);
  forEachOffset(space, inner - 1, ([i, o]) => {
    const [to, start] = [out + o! * bytes, from + i! * bytes];
    threads.post(
      ranges.map(({ first, count }) => {
        const values = isByRow
          ? [to + first * bytes, start + first * row, count, columns]
          : [to + first * bytes, start + first * bytes, rows, count, row];
        return [{ kernel, values }];
      }),
    );
  });
  return output;
}
