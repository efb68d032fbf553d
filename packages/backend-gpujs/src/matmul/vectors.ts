import type { KernelSource } from '../device/index.ts';
import type { Dimensions } from './dimensions.ts';

/** Four neighbouring elements of a row per thread, of packed operands: for WebGL where `tiles` cannot be had. */
export function vectorProduct({ batch, m, k, n }: Dimensions): KernelSource {
  const quads = Math.ceil(k / 4);
  const columns = Math.ceil(n / 4);
  const right = batch === 1 ? 'column' : `quotient(row,${m})*${columns}+column`;
  const texels = [0, 1, 2, 3].map((i) => `const w${i}=b[q+i*4+${i}];`).join('');
  const add = ['s', 't', 'u', 'v']
    .map((sum, c) => `${sum}+=${[0, 1, 2, 3].map((i) => `x[${i}]*w${i}[${c}]`).join('+')};`)
    .join('');
  return {
    name: 'matmul',
    source: `function(a,b){const p=row*${quads};const q=(${right})*${4 * quads};let s=0;let t=0;let u=0;let v=0;for(let i=0;i<this.constants.K;i++){const x=a[p+i];${texels}${add}}return [s,t,u,v];}`,
    width: columns,
    rows: batch * m,
    components: 4,
    inputs: [4, 4],
    constants: { K: quads },
  };
}
