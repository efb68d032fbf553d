import type { Device, Handle } from '../device/index.ts';

/** A batch of products [m, k] × [k, n] → [m, n]; operands lie one after the other. None of the lengths is 0. */
export interface Product {
  readonly a: Handle;
  readonly b: Handle;
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** a is [k, m]. */
  readonly transposeA: boolean;
  /** b is [n, k]. */
  readonly transposeB: boolean;
}

/** [batch · m, n]. Each thread adds up one element, in the order of k. */
export function matmul(device: Device, { a, b, batch, m, k, n, transposeA, transposeB }: Product): Handle {
  const [rowA, stepA] = transposeA ? ['at', m] : [`at*${k}`, 1];
  const [columnB, stepB] = transposeB ? [`column*${k}`, 1] : ['column', n];
  const place = batch === 1 ? 'const at=row;' : `const p=quotient(row,${m});const at=row-p*${m};`;
  const ofBatch = (size: number): string => (batch === 1 ? '' : `p*${size}+`);
  const source =
    `function(A,B){${place}const u=${ofBatch(m * k)}${rowA};const v=${ofBatch(k * n)}${columnB};let s=0;` +
    `for(let i=0;i<${k};i++){s+=A[u+i*${stepA}]*B[v+i*${stepB}];}return s;}`;
  return device.run({ name: 'matmul', source, width: n, rows: batch * m, components: 1, inputs: [1, 1] }, [a, b]);
}
