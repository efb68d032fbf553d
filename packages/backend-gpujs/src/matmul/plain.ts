import type { KernelSource } from '../device/index.ts';
import type { Dimensions } from './dimensions.ts';

/** An element per thread; reads two numbers for each multiplication. Runs everywhere. */
export function plainProduct({ batch, m, k, n, transposeA, transposeB }: Dimensions): KernelSource {
  const { declare, matrix, line } = place(batch, m);
  const first = transposeA ? `${matrix}*${m * k}+${line}` : `row*${k}`;
  const second = transposeB ? `(${matrix}*${n}+column)*${k}` : `${matrix}*${k * n}+column`;
  const a = transposeA ? `a[p+i*${m}]` : 'a[p+i]';
  const b = transposeB ? 'b[q+i]' : `b[q+i*${n}]`;
  return {
    name: 'matmul',
    source: `function(a,b){${declare}const p=${first};const q=${second};let s=0;for(let i=0;i<this.constants.K;i++){s+=${a}*${b};}return s;}`,
    width: n,
    rows: batch * m,
    components: 1,
    inputs: [1, 1],
    constants: { K: k },
  };
}

/** Names for the matrix of the batch that a row of the output belongs to, and its row in there. */
export function place(
  batch: number,
  m: number,
): { readonly declare: string; readonly matrix: string; readonly line: string } {
  if (batch === 1) return { declare: '', matrix: '0', line: 'row' };
  return {
    declare: `const matrix=quotient(row,${m});const line=row-matrix*${m};`,
    matrix: 'matrix',
    line: 'line',
  };
}
