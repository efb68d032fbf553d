import type { KernelSource } from '../device/index.ts';
import type { Dimensions } from './dimensions.ts';

/** [batch · m, ⌈k/4⌉] texels: four numbers of a row of `a` each, in the order of k; zeros beyond k. */
export function packLeft({ batch, m, k, transposeA }: Dimensions): KernelSource {
  const quads = Math.ceil(k / 4);
  const at = transposeA
    ? (j: string) => (batch === 1 ? `a[(${j})*${m}+row]` : `a[(matrix*${k}+${j})*${m}+line]`)
    : (j: string) => `a[row*${k}+${j}]`;
  const declare = transposeA && batch > 1 ? `const matrix=quotient(row,${m});const line=row-matrix*${m};` : '';
  return packing('matmul pack left', declare, at, k, 'column*4', { width: quads, rows: atLeastTwo(batch * m) });
}

/** [batch · ⌈n/4⌉, 4 · ⌈k/4⌉] texels: four neighbouring columns of `b` each, in the order of k; zeros beyond n and k. */
export function packRight({ batch, k, n, transposeB }: Dimensions): KernelSource {
  const quads = Math.ceil(n / 4);
  const width = 4 * Math.ceil(k / 4);
  const declare =
    batch === 1 ? 'const first=row*4;' : `const matrix=quotient(row,${quads});const first=(row-matrix*${quads})*4;`;
  const matrix = batch === 1 ? '0' : 'matrix';
  const at = transposeB
    ? (j: string) => `b[(${matrix}*${n}+${j})*${k}+column]`
    : (j: string) => `b[(${matrix}*${k}+column)*${n}+${j}]`;
  const source = packing('matmul pack right', declare, at, n, 'first', { width, rows: atLeastTwo(batch * quads) });
  if (width === k) return source;
  return { ...source, source: source.source.replace(declare, `${declare}if(column>=${k}){return [0,0,0,0];}`) };
}

/** As many lines, but not one: GPU.js folds a single line into a square, and then its texels are not where they are looked for. */
export function atLeastTwo(rows: number): number {
  return Math.max(2, rows);
}

function packing(
  name: string,
  declare: string,
  at: (j: string) => string,
  length: number,
  first: string,
  size: { readonly width: number; readonly rows: number },
): KernelSource {
  const parameter = at('').startsWith('a') ? 'a' : 'b';
  const numbers = [0, 1, 2, 3].map((c) => at(`j+${c}`));
  const all = `return [${numbers.join(',')}];`;
  const filled = length % 4 === 0 ? '' : lastTexel(length, numbers);
  return {
    name,
    source: `function(${parameter}){${declare}const j=${first};${filled}${all}}`,
    ...size,
    components: 4,
    inputs: [1],
  };
}

/** A texel that reaches beyond `length`. */
function lastTexel(length: number, numbers: readonly string[]): string {
  const there = length % 4;
  const texel = numbers.map((number, c) => (c < there ? number : '0'));
  return `if(j+4>${length}){return [${texel.join(',')}];}`;
}
