import { BYTES_PER_ELEMENT, type PrimitiveKernels, sizeOf } from '@unroll/backend';
import type { Call, Part } from '../threads/threads.ts';
import { LINE, type Range, divide, isWorthwhile } from './in-parts.ts';
import { type Method, type Product, methods, part } from './product-methods.ts';
import type { Runtime } from './runtime.ts';
import { sparseProducts } from './sparse.ts';

/** Multiplications and additions in a microsecond, about. */
export const PER_MICROSECOND = 20_000;

export function matmulOps(runtime: Runtime): Pick<PrimitiveKernels, 'matmul'> {
  const { memory, threads } = runtime;
  const methodFor = methods(runtime);
  const sparseProduct = sparseProducts(runtime);
  return {
    matmul: ([a, b], { transposeA, transposeB }, [signature]) => {
      const [x, y] = [memory.address(a!), memory.address(b!)];
      const { shape, dtype } = signature!;
      const [m, n] = shape.slice(-2) as [number, number];
      const k = a!.shape.at(transposeA ? -2 : -1)!;
      const batch = shape.length === 3 ? shape[0]! : 1;
      const output = memory.make(signature!);
      if (sizeOf(shape) === 0) return [output];
      if (k === 0) {
        memory.fill(output, 0);
        return [output];
      }
      const bytes = BYTES_PER_ELEMENT[dtype];
      const out = memory.address(output);
      const sparse =
        batch === 1 && dtype !== 'int32'
          ? sparseProduct({ dtype, m, k, n, transposeA, transposeB, a: x, b: y })
          : undefined;
      if (sparse && memory.withScratch(sparse.scratch, (work) => sparse.run(out, work))) return [output];
      const rows = { aRow: (transposeA ? m : k) * bytes, bRow: (transposeB ? k : n) * bytes, cRow: n * bytes };
      const product: Product = { dtype, m, k, n, transposeA, transposeB, a: x, b: y, c: out, ...rows };
      const method = methodFor(product);
      if (method.sums(product)) memory.fill(output, 0);
      if (isWorthwhile(threads, (batch * m * k * n) / PER_MICROSECOND)) {
        const jobs = batch === 1 ? piecesOf(product, method, threads.parts) : batches(product, batch, threads.parts);
        // Memory of each part begins in a cache line of its own.
        const room = jobs.map((pieces) => {
          const most = pieces.reduce((bytes, piece) => Math.max(bytes, method.scratch(piece)), 0);
          return Math.ceil(most / LINE) * LINE;
        });
        memory.withScratch(
          room.reduce((sum, each) => sum + each, 0),
          (work) => {
            let at = work;
            const parts = jobs.map((pieces, i): Part => {
              const calls = pieces.flatMap((piece): readonly Call[] => method.calls(piece, at));
              at += room[i]!;
              return calls;
            });
            threads.post(parts);
          },
        );
        return [output];
      }
      memory.withScratch(method.scratch(product), (work) => {
        for (let i = 0; i < batch; i++) {
          for (const { kernel, values } of method.calls(nth(product, i), work)) kernel(...values);
        }
      });
      return [output];
    },
  };
}

/** One product of a batch. */
function nth(product: Product, i: number): Product {
  if (i === 0) return product;
  const { m, k, n, dtype, a, b, c } = product;
  const bytes = BYTES_PER_ELEMENT[dtype];
  return { ...product, a: a + i * m * k * bytes, b: b + i * k * n * bytes, c: c + i * m * n * bytes };
}

/** The products of a batch for each part; all for one where there are fewer. */
function batches(product: Product, batch: number, parts: number): readonly (readonly Product[])[] {
  const products = Array.from({ length: batch }, (_, i) => nth(product, i));
  return divide(batch, batch < parts ? 1 : parts).map(({ first, count }) => products.slice(first, first + count));
}

/** By so much pieces by columns have to be cheaper. */
const CLEARLY = 16 / 15;

/**
 * The pieces of C by rows or by columns, whichever has the smaller largest piece: rows are cheap to divide evenly, but each piece
 * then packs all of B. Where it hardly matters, by rows, as most ops divide what they read: between cores that share no cache, lines
 * that the other one wrote come late.
 */
function piecesOf(product: Product, method: Method, parts: number): readonly (readonly Product[])[] {
  const { m, n } = product;
  const rows = divide(m, parts, method.rows);
  const columns = divide(n, parts, method.columns);
  const byRow = method.cost({ ...product, m: largest(rows) });
  return byRow <= CLEARLY * method.cost({ ...product, n: largest(columns) })
    ? rows.map((range) => [part(product, range, { first: 0, count: n })])
    : columns.map((range) => [part(product, { first: 0, count: m }, range)]);
}

function largest(ranges: readonly Range[]): number {
  return ranges.reduce((most, { count }) => Math.max(most, count), 0);
}
