import type { KernelSource } from '../device/index.ts';
import type { Dimensions } from './dimensions.ts';
import { place } from './plain.ts';

/**
 * Four neighbouring elements of a row per thread, so that a number of `a` is read once for four multiplications: for WebGPU, where
 * results of `Array(4)` lie in memory as scalars do. Rows are filled up to whole texels with numbers that mean nothing.
 */
export function productOfFours({ batch, m, k, n, transposeA, transposeB }: Dimensions): KernelSource {
  const { declare, matrix, line } = place(batch, m);
  const first = transposeA ? `${matrix}*${m * k}+${line}` : `row*${k}`;
  const a = transposeA ? `a[p+i*${m}]` : 'a[p+i]';
  const second = transposeB ? `(${matrix}*${n}+column*4)*${k}` : `${matrix}*${k * n}+column*4`;
  const b = [0, 1, 2, 3].map((c) => (transposeB ? `b[q+i+${c * k}]` : `b[q+i*${n}+${c}]`));
  const add = ['s', 't', 'u', 'v'].map((sum, c) => `${sum}+=x*${b[c]};`).join('');
  return {
    name: 'matmul',
    source: `function(a,b){${declare}const p=${first};const q=${second};let s=0;let t=0;let u=0;let v=0;for(let i=0;i<this.constants.K;i++){const x=${a};${add}}return [s,t,u,v];}`,
    width: Math.ceil(n / 4),
    rows: batch * m,
    components: 4,
    inputs: [1, 1],
    constants: { K: k },
  };
}

/** Scalars in rows of `width`, of which the first `n` of each row stay. */
export function withoutFilling(width: number, n: number, rows: number): KernelSource {
  return {
    name: 'matmul rows',
    source: `function(a){return a[row*${width}+column];}`,
    width: n,
    rows,
    components: 1,
    inputs: [1],
  };
}
