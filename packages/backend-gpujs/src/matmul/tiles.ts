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
  /** Parts of the columns, the threads of one below those of another: devices share threads out by lines, and few would leave them idle. */
  readonly blocks: number;
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
  let blocks = 1;
  const lines = Math.ceil(m / height) * batch;
  while (columns % (2 * blocks) === 0 && lines * 2 * blocks <= columns / (2 * blocks)) blocks *= 2;
  const left = besides(Math.ceil(k / 4), atLeastTwo(batch * m), limit);
  const right = besides(4 * Math.ceil(k / 4), atLeastTwo(batch * columns), limit);
  const result = besides(n, batch * m, limit);
  const isLarge = columns > limit || Math.ceil(m / height) * batch > limit;
  if (isLarge || left === undefined || right === undefined || result === undefined) return undefined;
  return { height, blocks, left, right, result };
}

/**
 * `height` × 4 elements per thread of operands that are packed: for 4 steps of k, height + 4 texels are read for 16 · height
 * multiplications. Of the lines of tiles in a matrix, output i holds one row of each, as those rows lie below each other. Texels are sampled,
 * at their middle: in software that takes half the time of `texelFetch`.
 */
export function tiledProduct({ batch, m, k, n }: Dimensions, { height, blocks, left, right }: Tiling): NativeSource {
  const quads = Math.ceil(k / 4);
  const columns = Math.ceil(n / 4);
  const tiles = Math.ceil(m / height);
  const each = Array.from({ length: height }, (_, i) => i);
  const block =
    blocks === 1 ? '' : `int block=y/${tiles * batch};y-=block*${tiles * batch};x+=block*${columns / blocks};`;
  const matrix = batch === 1 ? '0' : `y/${tiles}`;
  const lines = each.map((i) => `vec2 p${i}=(vec2(${corner(`row+${i * tiles}`, quads, left)})+0.5)*unitA;`).join('');
  const texels = [0, 1, 2, 3].map((c) => `vec4 b${c}=texture(user_b,vec2(q.x+float(4*k+${c})*unitB.x,q.y));`).join('');
  const sums = each.map((i) => (i === 0 ? 's' : `more${i}`));
  const add = each
    .map((i) => `v=texture(user_a,vec2(p${i}.x+a,p${i}.y));${sums[i]}+=v.x*b0+v.y*b1+v.z*b2+v.w*b3;`)
    .join('');
  return {
    name: 'matmul',
    glsl:
      `vec4 texel(int x,int y){${block}int matrix=${matrix};int row=matrix*${m}+y-matrix*${tiles};` +
      'vec2 unitA=1.0/vec2(textureSize(user_a,0));vec2 unitB=1.0/vec2(textureSize(user_b,0));' +
      `${lines}vec2 q=(vec2(${corner(`matrix*${columns}+x`, 4 * quads, right)})+0.5)*unitB;vec4 s=vec4(0.0);vec4 v;` +
      `for(int k=0;k<${quads};k++){float a=float(k)*unitA.x;${texels}${add}}return s;}`,
    width: columns / blocks,
    rows: atLeastTwo(tiles * batch * blocks),
    components: 4,
    outputs: height,
    inputs: [4, 4],
  };
}

/** The tiles' outputs as the rows of the result. */
export function fromTiles({ batch, m, n }: Dimensions, { height, blocks, result }: Tiling): NativeSource {
  const tiles = Math.ceil(m / height);
  const across = Math.ceil(n / 4) / blocks;
  const line = batch === 1 ? 'int line=row;int matrix=0;' : `int matrix=row/${m};int line=row-matrix*${m};`;
  const place =
    result === 1 ? 'int row=y;int column=x;' : `int part=x/${n};int row=y*${result}+part;int column=x-part*${n};`;
  const block = blocks === 1 ? '' : `int block=at.x/${across};at+=ivec2(-block*${across},block*${tiles * batch});`;
  return {
    name: 'matmul rows',
    glsl:
      `float texel(int x,int y){${place}${line}int which=line/${tiles};` +
      `ivec2 at=ivec2(column/4,matrix*${tiles}+line-which*${tiles});${block}vec4 v;${fetchOneOf(0, height)}` +
      'int c=column%4;return c<2?(c==0?v.x:v.y):(c==2?v.z:v.w);}',
    width: n * result,
    rows: Math.ceil((batch * m) / result),
    length: batch * m * n,
    components: 1,
    outputs: 1,
    inputs: Array.from({ length: height }, () => 4 as const),
  };
}

/** Reads the texture with the number `which`, from `from` to below `to`. */
function fetchOneOf(from: number, to: number): string {
  if (to - from === 1) return `v=texelFetch(user_${String.fromCodePoint(97 + from)},at,0);`;
  const half = (from + to) / 2;
  return `if(which<${half}){${fetchOneOf(from, half)}}else{${fetchOneOf(half, to)}}`;
}

/** Where a row of `width` texels begins in a texture that holds `beside` of them in one line. */
function corner(row: string, width: number, beside: number): string {
  if (beside === 1) return `ivec2(0,${row})`;
  return `ivec2(((${row})%${beside})*${width},(${row})/${beside})`;
}
