import {
  type Buffer,
  type Kernel,
  type None,
  type PrimitiveKernels,
  type Signature,
  UnrollError,
  sizeOf,
} from '@unroll/backend';
import { Handle, type View, copy, eachRow, fresh, isRowMajor, rowMajor, sliced, step, stretched } from './view.ts';

/** Kernels that look at their inputs in another way, and copy nothing. */
const views = {
  broadcast: ([x], { shape }) => [new Handle(stretched(Handle.view(x!), shape))],
  reshape: ([x], { shape }) => {
    const view = Handle.view(x!);
    const flat = isRowMajor(view) ? view : copied(view);
    return [new Handle({ ...flat, shape, strides: rowMajor(shape) })];
  },
  transpose: ([x], { order }) => {
    const view = Handle.view(x!);
    const shape = order.map((axis) => view.shape[axis]!);
    return [new Handle({ ...view, shape, strides: order.map((axis) => view.strides[axis]!) })];
  },
  reverse: ([x], { axis }) => {
    const view = Handle.view(x!);
    const last = Math.max(0, view.shape[axis]! - 1);
    const strides = view.strides.map((stride, each) => (each === axis ? -stride : stride));
    return [new Handle({ ...view, strides, offset: view.offset + last * view.strides[axis]! })];
  },
  slice: ([x], { axis, start, size }) => [new Handle(sliced(Handle.view(x!), axis, start, size))],
  split: ([x], { axis, sizes }) => {
    let start = 0;
    return sizes.map((size) => {
      const part = sliced(Handle.view(x!), axis, start, size);
      start += size;
      return new Handle(part);
    });
  },
} satisfies Partial<PrimitiveKernels>;

/** Kernels that write into a window of their result. */
const windows = {
  concat: (inputs, { axis }, [output]) => {
    const out = fresh(output!);
    let start = 0;
    for (const x of inputs) {
      copy(Handle.view(x), sliced(out, axis, start, x.shape[axis]!));
      start += x.shape[axis]!;
    }
    return [new Handle(out)];
  },
  pad: ([x], { axis, before }, [output]) => {
    const out = fresh(output!);
    copy(Handle.view(x!), sliced(out, axis, before, x!.shape[axis]!));
    return [new Handle(out)];
  },
  gather: ([table, indices], _attrs, [output]) => {
    const out = fresh(output!);
    const rows = Handle.view(table!);
    for (const [i, index] of indicesOf(indices!, table!.shape[0]!).entries())
      copy(row(rows, index), part(out, i, rows));
    return [new Handle(out)];
  },
  scatterAdd: ([updates, indices], { rows }, [output]) => {
    const totals = fresh(output!, new Float64Array(sizeOf(output!.shape)));
    const given = copied(Handle.view(updates!));
    for (const [i, index] of indicesOf(indices!, rows).entries()) {
      const to = row(totals, index);
      const from = part(given, i, totals);
      const [stepFrom, stepTo] = [step(from), step(to)];
      eachRow(to.shape, [from, to], ([at, o], length) => {
        for (let k = 0; k < length; k++) totals.data[o! + k * stepTo]! += given.data[at! + k * stepFrom]!;
      });
    }
    return [new Handle(rounded(totals))];
  },
} satisfies Partial<PrimitiveKernels>;

const sums = {
  matmul: ([x, y], { transposeA, transposeB }, [output]) => {
    // A transposed operand is one that is looked at the other way round; a missing batch is one that stands still.
    const matrix = (view: View, transposed: boolean): View => {
      const [rows, columns] = view.strides.slice(-2) as [number, number];
      const batch = view.strides.length === 3 ? view.strides[0]! : 0;
      return { ...view, strides: [batch, ...(transposed ? [columns, rows] : [rows, columns])] };
    };
    const a = matrix(Handle.view(x!), transposeA);
    const b = matrix(Handle.view(y!), transposeB);
    const out = fresh(output!);
    const [m, n] = output!.shape.slice(-2) as [number, number];
    const inner = x!.shape.at(transposeA ? -2 : -1)!;
    const batches = output!.shape.length === 3 ? output!.shape[0]! : 1;
    const total = new Float64Array(n);
    for (let r = 0; r < batches * m; r++) {
      const [batch, i] = [Math.floor(r / m), r % m];
      total.fill(0);
      for (let k = 0; k < inner; k++) {
        const left = a.data[a.offset + batch * a.strides[0]! + i * a.strides[1]! + k * a.strides[2]!]!;
        const start = b.offset + batch * b.strides[0]! + k * b.strides[1]!;
        for (let j = 0; j < n; j++) total[j]! += left * b.data[start + j * b.strides[2]!]!;
      }
      out.data.set(total, r * n);
    }
    return [new Handle(out)];
  },
  sum: ([x], _attrs, [output]) => [new Handle(folded(x!, output!, 0, (total, value) => total + value))],
  max: ([x], _attrs, [output]) => {
    const smallest = output!.dtype === 'int32' ? -(2 ** 31) : -Infinity;
    return [new Handle(folded(x!, output!, smallest, larger))];
  },
  argmax: ([x], { axis }, [output]) => {
    const view = Handle.view(x!);
    const out = fresh(output!);
    const [along, stepIn, stepOut] = [view.strides[axis]!, step(view), step(out)];
    eachRow(out.shape, [view, out], ([i, o], length) => {
      for (let k = 0; k < length; k++) {
        const start = i! + k * stepIn;
        let best = 0;
        for (let p = 1; p < view.shape[axis]!; p++) {
          const [value, top] = [view.data[start + p * along]!, view.data[start + best * along]!];
          if (value > top || (Number.isNaN(value) && !Number.isNaN(top))) best = p;
        }
        out.data[o! + k * stepOut] = best;
      }
    });
    return [new Handle(out)];
  },
} satisfies Partial<PrimitiveKernels>;

/** All primitives but erf, which has no short formula. */
export const kernels: Omit<PrimitiveKernels, 'erf'> = {
  neg: map((x) => -x),
  exp: map(Math.exp),
  log: map(Math.log),
  sqrt: map(Math.sqrt),
  tanh: map(Math.tanh),
  sigmoid: map((x) => 1 / (1 + Math.exp(-x))),
  relu: map((x) => (x < 0 ? 0 : x)),
  sin: map(Math.sin),
  cos: map(Math.cos),
  add: zip((x, y) => x + y),
  sub: zip((x, y) => x - y),
  mul: zip((x, y) => x * y),
  div: zip((x, y) => x / y),
  maximum: zip(larger),
  less: zip((x, y) => (x < y ? 1 : 0)),
  equal: zip((x, y) => (x === y ? 1 : 0)),
  where: (inputs, _attrs, [output]) => {
    const out = fresh(output!);
    const [on, x, y] = inputs.map((input) => stretched(Handle.view(input), out.shape)) as [View, View, View];
    const [stepOn, stepX, stepY, stepOut] = [step(on), step(x), step(y), step(out)];
    eachRow(out.shape, [on, x, y, out], ([c, i, j, o], length) => {
      for (let k = 0; k < length; k++) {
        out.data[o! + k * stepOut] = on.data[c! + k * stepOn] === 0 ? y.data[j! + k * stepY]! : x.data[i! + k * stepX]!;
      }
    });
    return [new Handle(out)];
  },
  cast: ([x], _attrs, [output]) => {
    const out = fresh(output!);
    copy(Handle.view(x!), out);
    return [new Handle(out)];
  },
  ...views,
  ...windows,
  ...sums,
};

/** The elements of a view, one after the other. */
export function copied(view: View): View {
  const out = fresh(view);
  copy(view, out);
  return out;
}

function map(f: (x: number) => number): Kernel<None> {
  return ([input], _attrs, [output]) => {
    const [x, out] = [Handle.view(input!), fresh(output!)];
    const [stepX, stepOut] = [step(x), step(out)];
    eachRow(out.shape, [x, out], ([i, o], length) => {
      for (let k = 0; k < length; k++) out.data[o! + k * stepOut] = f(x.data[i! + k * stepX]!);
    });
    return [new Handle(out)];
  };
}

function zip(f: (x: number, y: number) => number): Kernel<None> {
  return (inputs, _attrs, [output]) => {
    const out = fresh(output!);
    const [x, y] = inputs.map((input) => stretched(Handle.view(input), out.shape)) as [View, View];
    const [stepX, stepY, stepOut] = [step(x), step(y), step(out)];
    eachRow(out.shape, [x, y, out], ([i, j, o], length) => {
      for (let k = 0; k < length; k++) {
        out.data[o! + k * stepOut] = f(x.data[i! + k * stepX]!, y.data[j! + k * stepY]!);
      }
    });
    return [new Handle(out)];
  };
}

/** A reduction: the result, stretched to the shape of the input, stands still along the axes that are added up. */
function folded(input: Buffer, output: Signature, start: number, f: (a: number, b: number) => number): View {
  const x = Handle.view(input);
  const totals = fresh(output, new Float64Array(sizeOf(output.shape)).fill(start));
  const to = stretched(totals, x.shape);
  const [stepX, stepTo] = [step(x), step(to)];
  eachRow(x.shape, [x, to], ([i, o], length) => {
    for (let k = 0; k < length; k++) {
      const at = o! + k * stepTo;
      to.data[at] = f(to.data[at]!, x.data[i! + k * stepX]!);
    }
  });
  return rounded(totals);
}

/** Sums run in double precision; this rounds them to the dtype of the result. */
function rounded(totals: View): View {
  const out = fresh(totals);
  out.data.set(totals.data);
  return out;
}

function larger(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  return x > y ? x : y;
}

function indicesOf(indices: Buffer, rows: number): Int32Array {
  const { data } = copied(Handle.view(indices));
  for (const index of data) {
    if (index < 0 || index >= rows) {
      throw new UnrollError('INDEX_OUT_OF_RANGE', `strided: index ${index} is not one of ${rows} rows.`);
    }
  }
  return data as Int32Array;
}

/** One row of a table: the axes after the first. */
function row({ data, dtype, shape, offset, strides }: View, index: number): View {
  return { data, dtype, shape: shape.slice(1), offset: offset + index * strides[0]!, strides: strides.slice(1) };
}

/** The `i`th of the parts that a row-major view consists of, each of the shape of a row of `table`. */
function part(view: View, i: number, table: View): View {
  const shape = table.shape.slice(1);
  return { ...view, shape, offset: view.offset + i * sizeOf(shape), strides: rowMajor(shape) };
}
