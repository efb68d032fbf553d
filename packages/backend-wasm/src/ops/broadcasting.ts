import {
  BYTES_PER_ELEMENT,
  type Buffer,
  type Kernel,
  type None,
  type PrimitiveKernels,
  type Signature,
  sizeOf,
} from '@unroll/backend';
import type { WasmFunction } from '../engine.ts';
import { type Call, type Part, runPart } from '../threads/threads.ts';
import { IN_A_LINE, PER_MICROSECOND, VECTOR, perVector, vectors } from './elementwise.ts';
import { divide, isWorthwhile, runInParts } from './in-parts.ts';
import { forEachOffset, layout, stretchedStrides } from './layout.ts';
import { type Runtime, byDType } from './runtime.ts';

type Broadcasting = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'less' | 'equal' | 'where';

export function broadcastingOps(runtime: Runtime): Pick<PrimitiveKernels, Broadcasting> {
  return {
    add: binary(runtime, 'add'),
    sub: binary(runtime, 'sub'),
    mul: binary(runtime, 'mul'),
    div: binary(runtime, 'div'),
    maximum: binary(runtime, 'maximum'),
    less: binary(runtime, 'less'),
    equal: binary(runtime, 'equal'),
    where: (inputs, _attrs, [signature]) => {
      const bytes = BYTES_PER_ELEMENT[signature!.dtype];
      return [mapRows(runtime, runtime.kernel(`where.${inputs[0]!.dtype}.${bytes}`), inputs, signature!)];
    },
  };
}

function binary(runtime: Runtime, name: string): Kernel<None> {
  const { memory, threads } = runtime;
  const kernel = byDType(runtime, name);
  return (inputs, _attrs, [signature]) => {
    const [x, y] = inputs as readonly [Buffer, Buffer];
    const { shape, dtype } = signature!;
    const [size, xSize, ySize] = [sizeOf(shape), sizeOf(x.shape), sizeOf(y.shape)];
    if ((xSize !== size && xSize !== 1) || (ySize !== size && ySize !== 1)) {
      return [mapRows(runtime, kernel(dtype), inputs, signature!)];
    }
    // As many elements as the result means the same shape, and one element is a scalar: one row does it all.
    const [a, b] = [memory.address(x), memory.address(y)];
    // x · 1 is x: the cotangent of a loss is 1 where a derivative begins.
    if (name === 'mul' && ySize === 1 && xSize === size && memory.linear[dtype][b / BYTES_PER_ELEMENT[dtype]] === 1) {
      return [memory.share(x, shape)];
    }
    const out = memory.make(signature!);
    const [aStep, bStep] = [xSize === size ? 16 : 0, ySize === size ? 16 : 0];
    const passes = vectors(size, dtype);
    const to = memory.address(out);
    const run = kernel(dtype);
    if (!isWorthwhile(threads, passes / PER_MICROSECOND)) run(to, 0, 1, passes, a, 0, aStep, b, 0, bStep);
    else {
      const ranges = divide(passes, threads.parts, IN_A_LINE);
      threads.post(
        ranges.map(({ first, count }) => [
          {
            kernel: run,
            values: [to + first * VECTOR, 0, 1, count, a + first * aStep, 0, aStep, b + first * bStep, 0, bStep],
          },
        ]),
      );
    }
    return [out];
  };
}

/**
 * Runs a kernel of the form (out, outRow, rows, vectors of a row, and address, stride per row, step per vector of each input). More
 * than two axes that cannot be joined take several calls.
 */
function mapRows(
  { memory, threads }: Runtime,
  kernel: WasmFunction,
  inputs: readonly Buffer[],
  signature: Signature,
): Buffer {
  const { shape, dtype } = signature;
  const addresses = inputs.map((input) => memory.address(input));
  const output = memory.make(signature);
  if (sizeOf(shape) === 0) return output;

  const space = layout(
    shape,
    inputs.map((input) => stretchedStrides(input.shape, shape)),
  );
  const inner = space.lengths.length - 1;
  const columns = space.lengths[inner] ?? 1;
  const rows = space.lengths[inner - 1] ?? 1;
  const lanes = perVector(dtype);
  const rowBytes = columns * BYTES_PER_ELEMENT[dtype];
  let out = memory.address(output);
  const isDivided = columns >= lanes && isWorthwhile(threads, vectors(sizeOf(shape), dtype) / PER_MICROSECOND);
  const pieces: Part[] = [];
  forEachOffset(space, inner - 1, (offsets) => {
    const operands = inputs.map((input, i): Operand => {
      const bytes = BYTES_PER_ELEMENT[input.dtype];
      const strides = space.strides[i]!;
      return {
        address: addresses[i]! + offsets[i]! * bytes,
        row: (strides[inner - 1] ?? 0) * bytes,
        element: (strides[inner] ?? 0) * bytes,
      };
    });
    const start = out;
    /** Some rows, from one of their elements on. */
    const call = (first: number, count: number, from: number, passes: number): Call => {
      const moved = operands.flatMap(({ address, row, element }) => [
        address + first * row + from * element,
        row,
        element * lanes,
      ]);
      const to = start + first * rowBytes + from * BYTES_PER_ELEMENT[dtype];
      return { kernel, values: [to, rowBytes, count, passes, ...moved] };
    };
    const passes = vectors(columns, dtype);
    if (!isDivided) runPart([call(0, rows, 0, passes)]);
    else {
      for (const { first, count } of divide(rows, threads.parts)) {
        if (columns % lanes === 0) pieces.push([call(first, count, 0, passes)]);
        else {
          // A row that ends within a vector writes on into the next one, which has to come after it. The last one ends in a vector of
          // its own, which overlaps the one before.
          const last = first + count - 1;
          pieces.push([
            call(first, count - 1, 0, passes),
            call(last, 1, 0, passes - 1),
            call(last, 1, columns - lanes, 1),
          ]);
        }
      }
    }
    out += rows * rowBytes;
  });
  if (isDivided) runInParts(threads, pieces);
  return output;
}

/** Where an input of a broadcast lies: bytes from row to row, and from element to element. */
interface Operand {
  readonly address: number;
  readonly row: number;
  readonly element: number;
}
