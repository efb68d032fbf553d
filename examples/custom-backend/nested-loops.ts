// The backend that docs/guides/write-a-backend.md begins with.
import {
  type Buffer,
  type FilledBackend,
  type Kernel,
  type None,
  type PartialBackend,
  type PrimitiveKernels,
  type Shape,
  type Signature,
  type TypedArray,
  UnrollError,
  allocate,
  dtypeOf,
  fillFrom,
  sizeOf,
} from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';

/** What callers hold. Nobody but this backend looks inside: here it is an array, elsewhere the number of a texture. */
class Handle implements Buffer {
  readonly shape: Shape;
  readonly dtype: Signature['dtype'];
  data: TypedArray | undefined;

  constructor({ shape, dtype }: Signature, data: TypedArray) {
    this.shape = shape;
    this.dtype = dtype;
    this.data = data;
  }
}

/** What a handle holds, if it is one of ours and was not given back. */
function read(buffer: Buffer): TypedArray {
  if (!(buffer instanceof Handle)) throw new UnrollError('BACKEND_MISMATCH', 'nested loops: not a buffer of mine.');
  if (!buffer.data) throw new UnrollError('USE_AFTER_DISPOSE', 'nested loops: this buffer was freed.');
  return buffer.data;
}

function upload(data: TypedArray, signature: Signature): Handle {
  if (dtypeOf(data) !== signature.dtype) throw new UnrollError('DTYPE_MISMATCH', 'nested loops: wrong kind of array.');
  if (data.length !== sizeOf(signature.shape)) throw new UnrollError('SHAPE_MISMATCH', 'nested loops: wrong length.');
  return new Handle(signature, data.slice());
}

/** An elementwise kernel. */
function map(f: (x: number) => number): Kernel<None> {
  return ([x], _attrs, [output]) => {
    const data = read(x!);
    const out = allocate(output!.dtype, data.length);
    for (let i = 0; i < out.length; i++) out[i] = f(data[i]!);
    return [new Handle(output!, out)];
  };
}

/** A kernel of two inputs: one loop for each axis, within one another. Along an axis of length 1 an input stands still. */
function zip(f: (x: number, y: number) => number): Kernel<None> {
  return ([x, y], _attrs, [output]) => {
    const [a, b] = [read(x!), read(y!)];
    const { shape } = output!;
    const out = allocate(output!.dtype, sizeOf(shape));
    const [stepsA, stepsB] = [steps(x!.shape, shape), steps(y!.shape, shape)];
    let o = 0;
    const loop = (axis: number, i: number, j: number): void => {
      if (axis === shape.length) out[o++] = f(a[i]!, b[j]!);
      else for (let k = 0; k < shape[axis]!; k++) loop(axis + 1, i + k * stepsA[axis]!, j + k * stepsB[axis]!);
    };
    loop(0, 0, 0);
    return [new Handle(output!, out)];
  };
}

/** How far to go in an array of shape `from` for each axis of `to`, which it is stretched to. */
function steps(from: Shape, to: Shape): number[] {
  return to.map((_, axis) => {
    const own = axis - (to.length - from.length);
    return own < 0 || from[own] === 1 ? 0 : sizeOf(from.slice(own + 1));
  });
}

const matmul: PrimitiveKernels['matmul'] = ([x, y], { transposeA, transposeB }, [output]) => {
  const [a, b] = [read(x!), read(y!)];
  const out = allocate(output!.dtype, sizeOf(output!.shape));
  const [rows, columns] = output!.shape.slice(-2) as [number, number];
  const inner = x!.shape.at(transposeA ? -2 : -1)!;
  const batches = output!.shape.length === 3 ? output!.shape[0]! : 1;
  for (let n = 0, o = 0; n < batches; n++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let total = 0;
        for (let k = 0; k < inner; k++) {
          const left = n * rows * inner + (transposeA ? k * rows + i : i * inner + k);
          const right = n * inner * columns + (transposeB ? j * inner + k : k * columns + j);
          total += a[left]! * b[right]!;
        }
        out[o++] = total;
      }
    }
  }
  return [new Handle(output!, out)];
};

/** A backend in nested loops for what an LSTM does in each step; the other primitives are borrowed. */
export function nestedLoops(): FilledBackend {
  const own: PartialBackend = {
    name: 'nested loops',
    upload,
    download: async (buffer) => read(buffer).slice(),
    downloadSync: (buffer) => read(buffer).slice(),
    share: (buffer) => new Handle(buffer, read(buffer)),
    free: (buffer) => {
      read(buffer);
      (buffer as Handle).data = undefined;
    },
    primitives: {
      tanh: map(Math.tanh),
      sigmoid: map((x) => 1 / (1 + Math.exp(-x))),
      add: zip((x, y) => x + y),
      mul: zip((x, y) => x * y),
      matmul,
    },
  };
  return fillFrom(own, cpu());
}
