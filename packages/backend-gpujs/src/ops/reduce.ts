import { type Kernel, type PrimitiveKernels, type Shape, type Signature, sizeOf } from '@unroll/backend';
import type { Device, Handle } from '../device/index.ts';
import type { GpuBuffer, Memory } from '../memory.ts';
import { larger, marked } from './formulas.ts';
import { type Walk, collapsed, coordinates, position, sidesOf, stridesOf } from './nest.ts';

/** How elements are put together, as text: the new total of the old one and of an element. */
interface Combine {
  readonly name: 'sum' | 'max';
  /** What the total begins with: a number, or the first element, which may then come twice. */
  readonly start: '0' | 'X[start]';
  readonly next: (total: string, value: string) => string;
}

const SUM: Combine = { name: 'sum', start: '0', next: (total, value) => `(${total}+${value})` };
const INTEGER_SUM: Combine = { name: 'sum', start: '0', next: marked((total, value) => `(${total}+${value})`) };
const MAX: Combine = { name: 'max', start: 'X[start]', next: larger };

/** More terms than this are added up in parts by many threads. */
const LONGEST = 1024;

export function reduceOps(memory: Memory): Pick<PrimitiveKernels, 'sum' | 'max' | 'argmax'> {
  const { device } = memory;

  const reduction =
    (
      combineFor: (dtype: string) => Combine,
      overNothing: { readonly float32: number; readonly int32: number },
    ): Kernel<{ readonly axes: readonly number[] }> =>
    ([x], { axes }, [output]) => {
      if (axes.every((axis) => x!.shape[axis] === 1)) return [memory.share(x!, output!)];
      if (sizeOf(x!.shape) === 0)
        return [filled(memory, output!, overNothing[x!.dtype === 'int32' ? 'int32' : 'float32'])];
      const combine = combineFor(x!.dtype);
      return [
        memory.own(reduce(device, { x: memory.handle(x!, combine.name), shape: x!.shape, axes, combine }), output!),
      ];
    };

  return {
    sum: reduction((dtype) => (dtype === 'int32' ? INTEGER_SUM : SUM), { float32: 0, int32: 0 }),
    max: reduction(() => MAX, { float32: -Infinity, int32: -(2 ** 31) }),
    argmax: ([x], { axis }, [output]) => {
      const length = x!.shape[axis]!;
      const lengths = [sizeOf(x!.shape.slice(0, axis)), sizeOf(x!.shape.slice(axis + 1))];
      const [outer, inner] = lengths as [number, number];
      // The first of the largest, or the first NaN: comparisons with NaN do not hold.
      const source =
        `function(X){const start=row*${length * inner}+column;let best=X[start];let at=0;let i=0;` +
        'let found=((best<0||best>=0)?0:1);' +
        `for(let k=1;k<${length};k++){i+=1;if(found===0){const value=X[start+k*${inner}];` +
        'const none=((value<0||value>=0)?0:1);if(none===1||value>best){best=value;at=i;found=none;}}}return at;}';
      const handle = device.run({ name: 'argmax', source, width: inner, rows: outer, components: 1, inputs: [1] }, [
        memory.handle(x!, 'argmax'),
      ]);
      return [memory.own(handle, output!, length)];
    },
  };
}

/** A buffer of one number. */
export function filled(memory: Memory, output: Signature, value: number): GpuBuffer {
  const size = sizeOf(output.shape);
  return output.dtype === 'int32'
    ? memory.fromHost(new Int32Array(size).fill(value), output)
    : memory.own(memory.device.upload(new Float32Array(size).fill(value)), output);
}

interface Reduction {
  readonly x: Handle;
  readonly shape: Shape;
  readonly axes: readonly number[];
  readonly combine: Combine;
}

/** Puts elements together along axes of an array that is not empty, in parts where they are many. */
function reduce(device: Device, { x, shape, axes, combine }: Reduction): Handle {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const strides = stridesOf(shape);
  const along = { strides, offset: 0 };
  const inner = collapsed(
    shape.map((length, axis) => (axes.includes(axis) ? length : 1)),
    [along],
  );
  const outer = collapsed(kept, [along]);
  const count = sizeOf(inner.lengths);
  if (count <= LONGEST) {
    return fold(device, {
      x,
      combine,
      outer: outer.lengths,
      walk: outer.walks[0]!,
      inner: inner.lengths,
      steps: inner.walks[0]!,
    });
  }
  if (inner.lengths.length > 1) {
    // One group of axes after the other.
    const axis = axes.find((each) => shape[each]! > 1)!;
    const first = reduce(device, { x, shape, axes: [axis], combine });
    const rest = reduce(device, {
      x: first,
      shape: shape.map((length, i) => (i === axis ? 1 : length)),
      axes: axes.filter((each) => each !== axis),
      combine,
    });
    device.free(first);
    return rest;
  }
  // Each thread takes a part; then the parts are put together.
  const part = Math.ceil(Math.sqrt(count));
  const parts = Math.ceil(count / part);
  const [stride] = inner.walks[0]!.strides as [number];
  const partial = fold(device, {
    x,
    combine,
    outer: [...outer.lengths, parts],
    walk: { strides: [...outer.walks[0]!.strides, stride * part], offset: 0 },
    inner: [part],
    steps: { strides: [stride], offset: 0 },
    bound: { part, count },
  });
  const whole = reduce(device, { x: partial, shape: [sizeOf(kept), parts], axes: [1], combine });
  device.free(partial);
  return whole;
}

interface Fold {
  readonly x: Handle;
  readonly combine: Combine;
  readonly outer: readonly number[];
  readonly walk: Walk;
  readonly inner: readonly number[];
  readonly steps: Walk;
  /** The last coordinate counts parts, of which the last one is shorter. */
  readonly bound?: { readonly part: number; readonly count: number };
}

/** One kernel: each thread walks all that belongs to its element. */
function fold(device: Device, { x, combine, outer, walk, inner, steps, bound }: Fold): Handle {
  const place = coordinates(outer);
  const names = inner.map((_, i) => `k${i}`);
  const offset = position(names, steps);
  const loops = inner.map((length, i) => `for(let k${i}=0;k${i}<${length};k${i}++){`).join('');
  const guard = bound ? `if(column*${bound.part}+k0<${bound.count})` : '';
  const source =
    `function(X){${place.text}const start=${position(place.names, walk)};let total=${combine.start};` +
    `${loops}${guard}{const value=X[start+${offset}];total=${combine.next('total', 'value')};}` +
    `${'}'.repeat(inner.length)}return total;}`;
  return device.run({ name: combine.name, source, ...sidesOf(outer), components: 1, inputs: [1] }, [x]);
}
