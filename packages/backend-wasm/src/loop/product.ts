import { COLUMN_BLOCK, K_BLOCK, ROW_BLOCK } from '../kernels/gemm/multiply.ts';
import { PANEL } from '../kernels/gemm/tile.ts';
import type { Runtime } from '../ops/runtime.ts';
import { viewOf } from './pass.ts';
import type { Product, Schedule } from './schedule.ts';
import { BYTES, type View } from './values.ts';

/** Where a view begins in the present step. */
export type AddressOf = (view: View) => number;

/** A product of the loop, ready to run. */
export interface CompiledProduct {
  /** Bytes of memory of its own, for all of a run. */
  readonly scratch: number;
  /** Before the first step. */
  readonly begin: (addressOf: AddressOf, scratch: number) => void;
  readonly run: (addressOf: AddressOf, scratch: number) => void;
}

interface Dimensions {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

export function compileProduct(runtime: Runtime, schedule: Schedule, product: Product): CompiledProduct {
  const { matrices } = schedule;
  const { rows: m, columns: n } = matrices[product.output]!;
  const { rows, columns } = matrices[product.a]!;
  const of = { m, n, k: product.transposeA ? rows : columns };
  const isPacked = !product.transposeA && viewOf(schedule, product.b).storage.kind === 'constant';
  return (isPacked ? packed : unpacked)(runtime, schedule, product, of);
}

/** A weight is brought into panels once for all steps. */
function packed({ kernel }: Runtime, schedule: Schedule, product: Product, { m, k, n }: Dimensions): CompiledProduct {
  const [pack, multiply] = [kernel('pack.float32'), kernel('multiplyPacked.float32')];
  const [a, b, c] = viewsOf(schedule, product);
  const panels = Math.ceil((n * BYTES) / PANEL) * PANEL;
  const blocks = Array.from({ length: Math.ceil(k / K_BLOCK) }, (_, i) => {
    const start = i * K_BLOCK;
    return { start, steps: Math.min(K_BLOCK, k - start), at: start * panels };
  });
  return {
    scratch: panels * k,
    begin: (addressOf, scratch) => {
      for (const { start, steps, at } of blocks) {
        const from = addressOf(b) + start * (product.transposeB ? BYTES : b.row);
        pack(scratch + at, from, b.row, steps, n, Number(product.transposeB));
      }
    },
    run: (addressOf, scratch) => {
      const [from, to] = [addressOf(a), addressOf(c)];
      for (const { start, steps, at } of blocks) {
        multiply(m, n, steps, from + start * BYTES, a.row, scratch + at, to, c.row, Number(start > 0));
      }
    },
  };
}

function unpacked({ kernel }: Runtime, schedule: Schedule, product: Product, { m, k, n }: Dimensions): CompiledProduct {
  const multiply = kernel('multiply.float32');
  const [a, b, c] = viewsOf(schedule, product);
  const [transposeA, transposeB] = [Number(product.transposeA), Number(product.transposeB)];
  const steps = Math.min(k, K_BLOCK);
  const ofB = Math.min(Math.ceil((n * BYTES) / PANEL) * PANEL, COLUMN_BLOCK) * steps;
  return {
    scratch: ofB + transposeA * Math.min(m, ROW_BLOCK) * steps * BYTES,
    begin: () => {},
    run: (addressOf, scratch) => {
      multiply(
        m,
        n,
        k,
        addressOf(a),
        a.row,
        transposeA,
        addressOf(b),
        b.row,
        transposeB,
        addressOf(c),
        c.row,
        0,
        scratch,
      );
    },
  };
}

function viewsOf(schedule: Schedule, { a, b, output }: Product): readonly [View, View, View] {
  return [viewOf(schedule, a), viewOf(schedule, b), viewOf(schedule, output)];
}
