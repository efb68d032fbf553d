import type { NativeSource } from '../device/index.ts';
import type { Dimensions } from './dimensions.ts';
import { atLeastTwo } from './pack.ts';

/** How many rows side by side a texture holds, so that no side is too long; undefined where one row is. */
export function besides(width: number, rows: number, limit: number): number | undefined {
  const beside = Math.max(1, Math.ceil(rows / limit));
  return width * beside <= limit ? beside : undefined;
}

/** How a product is cut up. */
export interface Tiling {
  /** Rows of the output that a thread computes, four columns wide: one output each. */
  readonly height: number;
  /** Rows side by side in the packed operands, and in the result. */
  readonly left: number;
  readonly right: number;
  readonly result: number;
}

/** Less threads than this leave a device idle: then the tiles are lower. */
const ENOUGH_THREADS = 256;

/** Tiles for a product, as high as they may be; undefined where a side is too long for any, or the device has no outputs in GLSL. */
export function tilingOf({ batch, m, k, n }: Dimensions, outputs: number, limit: number): Tiling | undefined {
  if (outputs < 1) return undefined;
  const columns = Math.ceil(n / 4);
  let height = 1;
  const fits = (next: number): boolean =>
    next <= outputs && next < 2 * m && columns * Math.ceil(m / next) * batch >= ENOUGH_THREADS;
  while (height < 8 && fits(2 * height)) height *= 2;
  const left = besides(Math.ceil(k / 4), atLeastTwo(batch * m), limit);
  const right = besides(4 * Math.ceil(k / 4), atLeastTwo(batch * columns), limit);
  const result = besides(n, batch * m, limit);
  const isLarge = columns > limit || Math.ceil(m / height) * batch > limit;
  if (isLarge || left === undefined || right === undefined || result === undefined) return undefined;
  return { height, left, right, result };
}

/**
 * `height` × 4 elements per thread of operands that are packed: for 4 steps of k, height + 4 texels are read for 16 · height
 * multiplications. Output i holds the rows y · height + i.
 */
export function tiledProduct({ batch, m, k, n }: Dimensions, { height, left, right }: Tiling): NativeSource {
  const quads = Math.ceil(k / 4);
  const tiles = Math.ceil(m / height);
  const each = Array.from({ length: height }, (_, i) => i);
  const matrix = batch === 1 ? '0' : `y/${tiles}`;
  const lines = each.map((i) => `ivec2 p${i}=${corner(`row+${i}`, quads, left)};`).join('');
  const columns = [0, 1, 2, 3].map((c) => `vec4 b${c}=texelFetch(user_b,q+ivec2(4*k+${c},0),0);`).join('');
  const sums = each.map((i) => (i === 0 ? 's' : `more${i}`));
  const add = each
    .map((i) => `v=texelFetch(user_a,p${i}+ivec2(k,0),0);${sums[i]}+=v.x*b0+v.y*b1+v.z*b2+v.w*b3;`)
    .join('');
  return {
    name: 'matmul',
    glsl:
      `vec4 texel(int x,int y){int matrix=${matrix};int row=matrix*${m}+(y-matrix*${tiles})*${height};${lines}` +
      `ivec2 q=${corner(`matrix*${Math.ceil(n / 4)}+x`, 4 * quads, right)};vec4 s=vec4(0.0);vec4 v;` +
      `for(int k=0;k<${quads};k++){${columns}${add}}return s;}`,
    width: Math.ceil(n / 4),
    rows: atLeastTwo(tiles * batch),
    components: 4,
    outputs: height,
    inputs: [4, 4],
  };
}

/** The tiles' outputs as the rows of the result. */
export function fromTiles({ batch, m, n }: Dimensions, { height, result }: Tiling): NativeSource {
  const tiles = Math.ceil(m / height);
  const line = batch === 1 ? 'int line=row;int matrix=0;' : `int matrix=row/${m};int line=row-matrix*${m};`;
  const pick = Array.from({ length: height }, (_, i) => {
    const fetch = `texelFetch(user_${String.fromCodePoint(97 + i)},at,0)`;
    return i === height - 1 ? `v=${fetch};` : `if(which==${i}){v=${fetch};}else `;
  }).join('');
  const place =
    result === 1 ? 'int row=y;int column=x;' : `int part=x/${n};int row=y*${result}+part;int column=x-part*${n};`;
  return {
    name: 'matmul rows',
    glsl:
      `float texel(int x,int y){${place}${line}int which=line%${height};` +
      `ivec2 at=ivec2(column/4,matrix*${tiles}+line/${height});vec4 v;${pick}return v[column%4];}`,
    width: n * result,
    rows: Math.ceil((batch * m) / result),
    length: batch * m * n,
    components: 1,
    outputs: 1,
    inputs: Array.from({ length: height }, () => 4 as const),
  };
}

/** Where a row of `width` texels begins in a texture that holds `beside` of them in one line. */
function corner(row: string, width: number, beside: number): string {
  if (beside === 1) return `ivec2(0,${row})`;
  return `ivec2(((${row})%${beside})*${width},(${row})/${beside})`;
}
