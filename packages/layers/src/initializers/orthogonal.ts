import { type Rng, type Shape, UnrollError, checkRng, tensor } from '@unroll/tensor';
import { type TypedArray, allocate, formatShape, outOfMemory, sizeOf } from '@unroll/backend';
import type { Initializer } from './initializer.ts';

/** Reflectors that are applied together. Multiple of 4. */
const BLOCK = 32;

/**
 * A random orthogonal matrix times `gain` (1): evenly distributed over all of them (Haar; Saxe, McClelland & Ganguli 2014 for its
 * use). A weight [out, in] has orthonormal rows, or orthonormal columns if out > in; axes after the second count as inputs.
 */
export function orthogonal({ gain = 1 }: { readonly gain?: number } = {}): Initializer {
  return (shape, rng) => {
    checkRng('orthogonal', rng);
    const [rows, columns] = matrixShape(shape);
    const short = Math.min(rows, columns);
    const long = Math.max(rows, columns);
    // First of all: where there is no room for the result, the error names it.
    const data = allocate('float32', rows * columns, shape);
    const vectors = orthonormalVectors(long, short, gain, rng);
    if (rows <= columns) data.set(vectors);
    else transpose(vectors, data, rows, columns);
    return tensor(data, { shape });
  };
}

function matrixShape(shape: Shape): readonly [rows: number, columns: number] {
  if (shape.length < 2) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `orthogonal: ${formatShape(shape)} is no matrix: a weight is [out, in]. Use uniform, normal or constant for a vector.`,
    );
  }
  return [shape[0]!, sizeOf(shape.slice(1))];
}

/**
 * `count` orthonormal vectors of length n ≥ count, times `gain`, one after the other.
 *
 * The Q of a QR factorization of a normal matrix is a product of Householder reflections, and each reflects a vector that is normal
 * and independent of the others again. So they are drawn at once, and no matrix is factored (Stewart 1980): Q = H₁ ⋯ H_count · D,
 * where H_k maps a normal vector x (with zeros in front of position k) to a multiple of e_k, and D takes the sign of R's diagonal.
 * Blocks of reflections are applied as I − V T Vᵀ (Schreiber & Van Loan 1989), which reads memory a block at a time.
 */
function orthonormalVectors(n: number, count: number, gain: number, rng: Rng): Float64Array {
  const padded = Math.ceil(count / BLOCK) * BLOCK;
  // Columns one after the other. Reflectors beyond `count` are zero, which reflects nothing; q has a spare column to make a pair.
  const v = matrix(n, padded);
  const betas = new Float64Array(padded);
  const q = matrix(n, count + 1);
  const triangle = new Float64Array(BLOCK * BLOCK);
  for (let k = 0; k < count; k++)
    q[k * n + k] = gain * drawReflector(v.subarray(k * n + k, (k + 1) * n), k, betas, rng);
  for (let k = padded - BLOCK; k >= 0; k -= BLOCK) {
    const reflectors = Array.from({ length: BLOCK }, (_, i) => v.subarray((k + i) * n + k, (k + i + 1) * n));
    fillTriangle(triangle, reflectors, betas.subarray(k, k + BLOCK));
    // Columns before k are still those of the identity, which these reflections do not touch.
    for (let c = k; c < count; c += 2) {
      reflectPair(reflectors, triangle, q.subarray(c * n + k, (c + 1) * n), q.subarray((c + 1) * n + k, (c + 2) * n));
    }
  }
  return q.subarray(0, n * count);
}

/** `count` vectors of length n. */
function matrix(n: number, count: number): Float64Array {
  try {
    return new Float64Array(n * count);
  } catch (error) {
    throw outOfMemory({ shape: [count, n], dtype: 'float64' }, error);
  }
}

/** [columns, rows] to [rows, columns]. */
function transpose(from: Float64Array, to: TypedArray, rows: number, columns: number): void {
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) to[r * columns + c] = from[c * rows + r]!;
}

/** Fills v and β so that I − β v vᵀ maps a normal vector x to −s‖x‖e₁, and gives −s, the sign of R's diagonal; s is the sign of x₁. */
function drawReflector(v: Float64Array, k: number, betas: Float64Array, rng: Rng): number {
  let square = 0;
  for (let i = 0; i < v.length; i++) {
    const x = rng.nextNormal();
    v[i] = x;
    square += x * x;
  }
  const norm = Math.sqrt(square);
  const first = v[0]!;
  const sign = first < 0 ? -1 : 1;
  v[0] = first + sign * norm;
  betas[k] = 1 / (norm * (norm + Math.abs(first)));
  return -sign;
}

/** The upper triangle T of H₁ ⋯ H_b = I − V T Vᵀ, column by column: T_jj = βⱼ and T_:j = −βⱼ T Vᵀvⱼ above. */
function fillTriangle(t: Float64Array, reflectors: readonly Float64Array[], betas: Float64Array): void {
  for (let j = 0; j < BLOCK; j++) {
    const products = reflectors.slice(0, j).map((reflector) => dot(reflector, reflectors[j]!));
    for (let i = 0; i < j; i++) {
      let sum = 0;
      for (let l = i; l < j; l++) sum += t[i * BLOCK + l]! * products[l]!;
      t[i * BLOCK + j] = -betas[j]! * sum;
    }
    t[j * BLOCK + j] = betas[j]!;
  }
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

const A = new Float64Array(BLOCK);
const B = new Float64Array(BLOCK);

/** (I − V T Vᵀ) applied to the columns a and b in place; two columns by four reflectors keep each number read busy. */
function reflectPair(reflectors: readonly Float64Array[], t: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let p = 0; p < BLOCK; p += 4) {
    project(reflectors[p]!, reflectors[p + 1]!, reflectors[p + 2]!, reflectors[p + 3]!, a, b, p);
  }
  for (let i = 0; i < BLOCK; i++) {
    let sumA = 0;
    let sumB = 0;
    for (let l = i; l < BLOCK; l++) {
      sumA += t[i * BLOCK + l]! * A[l]!;
      sumB += t[i * BLOCK + l]! * B[l]!;
    }
    A[i] = sumA;
    B[i] = sumB;
  }
  for (let p = 0; p < BLOCK; p += 4) {
    subtract(reflectors[p]!, reflectors[p + 1]!, reflectors[p + 2]!, reflectors[p + 3]!, a, b, p);
  }
}

type Column = Float64Array;

/** A and B at p to p + 3: the products of four reflectors with a and b. */
function project(v0: Column, v1: Column, v2: Column, v3: Column, a: Column, b: Column, p: number): void {
  let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    const r0 = v0[i]!;
    const r1 = v1[i]!;
    const r2 = v2[i]!;
    const r3 = v3[i]!;
    a0 += r0 * x;
    a1 += r1 * x;
    a2 += r2 * x;
    a3 += r3 * x;
    b0 += r0 * y;
    b1 += r1 * y;
    b2 += r2 * y;
    b3 += r3 * y;
  }
  A.set([a0, a1, a2, a3], p);
  B.set([b0, b1, b2, b3], p);
}

/** a − V A and b − V B for four reflectors. */
function subtract(v0: Column, v1: Column, v2: Column, v3: Column, a: Column, b: Column, p: number): void {
  const [a0, a1, a2, a3] = [A[p]!, A[p + 1]!, A[p + 2]!, A[p + 3]!];
  const [b0, b1, b2, b3] = [B[p]!, B[p + 1]!, B[p + 2]!, B[p + 3]!];
  for (let i = 0; i < a.length; i++) {
    const r0 = v0[i]!;
    const r1 = v1[i]!;
    const r2 = v2[i]!;
    const r3 = v3[i]!;
    a[i] = a[i]! - (r0 * a0 + r1 * a1 + r2 * a2 + r3 * a3);
    b[i] = b[i]! - (r0 * b0 + r1 * b1 + r2 * b2 + r3 * b3);
  }
}
