import { type Buffer, type FusedKernels, type Shape, sizeOf } from '@unroll/backend';
import type { Handle } from '../device/index.ts';
import type { Memory } from '../memory.ts';
import { filled } from './filled.ts';
import { formulas, larger } from './formulas.ts';
import { type Walk, stretched } from './nest.ts';
import { pointwise } from './pointwise.ts';
import { SUM, reduce } from './reduction.ts';

type Softmax = 'softmax' | 'softmaxGradient' | 'logSoftmax' | 'logSoftmaxGradient';

/** The largest finite float32. */
const LARGEST = 3.4028234e38;

export function softmaxOps(memory: Memory): Required<Pick<FusedKernels, Softmax>> {
  const { device } = memory;

  /** y of each element x of a row, its m and its Σ e^(x − m). */
  const ofRow = (op: Softmax, x: Buffer, formula: (x: string, m: string, total: string) => string): Handle => {
    const stats = rowStatistics(memory, memory.handle(x, op), x.shape, 'or 0');
    const { shape } = x;
    const operands = [
      { handle: memory.handle(x, op), walk: stretched(shape, shape) },
      { handle: stats, walk: perRow(shape, 2, 0) },
      { handle: stats, walk: perRow(shape, 2, 1) },
    ];
    return pointwise(device, { name: op, shape, operands, formula: (each, m, total) => formula(each, m, total) });
  };

  /** The same of y and dy, and of a sum over the row. */
  const gradient = (
    op: Softmax,
    y: Buffer,
    dy: Buffer,
    sum: Handle,
    formula: (y: string, dy: string, sum: string) => string,
  ): Handle => {
    const { shape } = y;
    const operands = [
      { handle: memory.handle(y, op), walk: stretched(shape, shape) },
      { handle: memory.handle(dy, op), walk: stretched(shape, shape) },
      { handle: sum, walk: perRow(shape, 1, 0) },
    ];
    return pointwise(device, { name: op, shape, operands, formula: (each, d, total) => formula(each, d, total) });
  };

  return {
    softmax: ([x], { empty }, [output]) => {
      if (sizeOf(x!.shape) === 0) return [filled(memory, output!, 0)];
      const quotient = (each: string, m: string, total: string): string => `Math.exp(${each}-${m})/${total}`;
      const handle = ofRow('softmax', x!, (each, m, total) =>
        empty === 'nan' ? quotient(each, m, total) : `(${total}===0?0:${quotient(each, m, total)})`,
      );
      return [memory.own(handle, output!)];
    },
    softmaxGradient: ([y, dy], _attrs, [output]) => {
      if (sizeOf(y!.shape) === 0) return [filled(memory, output!, 0)];
      const sum = rowSum(memory, 'softmaxGradient', y!, dy!);
      return [
        memory.own(
          gradient('softmaxGradient', y!, dy!, sum, (each, d, total) => `${each}*(${d}-${total})`),
          output!,
        ),
      ];
    },
    logSoftmax: ([x], _attrs, [output]) => {
      if (sizeOf(x!.shape) === 0) return [filled(memory, output!, 0)];
      return [
        memory.own(
          ofRow('logSoftmax', x!, (each, m, total) => `(${each}-${m})-${formulas.log(total)}`),
          output!,
        ),
      ];
    },
    logSoftmaxGradient: ([y, dy], _attrs, [output]) => {
      if (sizeOf(y!.shape) === 0) return [filled(memory, output!, 0)];
      const x = memory.handle(dy!, 'logSoftmaxGradient');
      const sum = reduce(device, { x, shape: dy!.shape, axes: [dy!.shape.length - 1], combine: SUM });
      const handle = gradient(
        'logSoftmaxGradient',
        y!,
        dy!,
        sum,
        (each, d, total) => `${d}-Math.exp(${each})*${total}`,
      );
      return [memory.own(handle, output!)];
    },
  };
}

/**
 * [rows, 2]: the largest of each row, m, and Σ e^(x − m). `or 0`: m is 0 where it is infinite.
 */
export function rowStatistics(memory: Memory, x: Handle, shape: Shape, m: 'or 0' | 'as it is'): Handle {
  const n = shape.at(-1)!;
  const finite = m === 'or 0' ? `if(m>${LARGEST}){m=0;}if(m<-${LARGEST}){m=0;}` : '';
  // There are devices whose exponential of NaN is a number.
  const ofNaN = 'if(m>=0){return total;}if(!(m<0)){return m;}';
  const source =
    `function(X){const start=row*${n};let m=X[start];` +
    `for(let k=1;k<${n};k++){const value=X[start+k];m=${larger('m', 'value')};}${finite}if(column===0){return m;}` +
    `let total=0;for(let k=0;k<${n};k++){total+=Math.exp(X[start+k]-m);}${ofNaN}return total;}`;
  return memory.device.run(
    { name: 'softmax rows', source, width: 2, rows: sizeOf(shape) / n, components: 1, inputs: [1] },
    [x],
  );
}

/** Σ x y over each row: [rows]. */
function rowSum(memory: Memory, op: string, x: Buffer, y: Buffer): Handle {
  const n = x.shape.at(-1)!;
  const source = `function(X,Y){const start=row*${n};let s=0;for(let k=0;k<${n};k++){s+=X[start+k]*Y[start+k];}return s;}`;
  return memory.device.run(
    { name: `${op} rows`, source, width: 1, rows: sizeOf(x.shape) / n, components: 1, inputs: [1, 1] },
    [memory.handle(x, op), memory.handle(y, op)],
  );
}

/** A table of `columns` numbers for each row of `shape`, of which one is taken. */
export function perRow(shape: Shape, columns: number, column: number): Walk {
  const strides = shape.map((_, axis) => (axis === shape.length - 1 ? 0 : columns * sizeOf(shape.slice(axis + 1, -1))));
  return { strides, offset: column };
}
