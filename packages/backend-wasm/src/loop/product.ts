import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.ts';
import { i32 } from '../assembler/instructions.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import type { I32 } from '../assembler/value.ts';
import { COLUMN_BLOCK, K_BLOCK, ROW_BLOCK } from '../kernels/gemm/multiply.ts';
import { ROW_PANEL } from '../kernels/gemm/row.ts';
import { PANEL } from '../kernels/gemm/tile.ts';
import { viewOf } from './placement.ts';
import type { Product, Schedule } from './schedule.ts';
import { BYTES, type View } from './values.ts';

/** Kernels of products, as functions from outside of a loop's module. */
export interface ProductKernels {
  readonly pack: FunctionReference;
  readonly multiplyPacked: FunctionReference;
  /** The two for one row. */
  readonly packRow: FunctionReference;
  readonly multiplyRow: FunctionReference;
  readonly multiply: FunctionReference;
}

/** The kernels that a loop's module imports, by the names under which the backend has them. */
export const IMPORTED_KERNELS = [
  'pack.float32',
  'multiplyPacked.float32',
  'packRow.float32',
  'multiplyRow.float32',
  'multiply.float32',
] as const;

export function importProductKernels(module: ModuleBuilder): ProductKernels {
  const kernel = (name: (typeof IMPORTED_KERNELS)[number], parameters: number): FunctionReference =>
    module.importFunction(name, { parameters: Array.from({ length: parameters }, () => 'i32'), results: [] });
  return {
    pack: kernel('pack.float32', 6),
    multiplyPacked: kernel('multiplyPacked.float32', 9),
    packRow: kernel('packRow.float32', 6),
    multiplyRow: kernel('multiplyRow.float32', 5),
    multiply: kernel('multiply.float32', 13),
  };
}

/** A product of the loop, laid out. */
export interface PlannedProduct {
  readonly product: Product;
  /** Bytes for B in panels: a weight is packed once for all runs as long as it stays the same. */
  readonly packed: number;
  /** Tells packings of one weight apart. */
  readonly packing: string;
  /** Whether A has one row, so that B is packed for that. */
  readonly isRow: boolean;
  /** Bytes for whoever runs the steps. */
  readonly scratch: number;
}

/** Lengths of the axes of a product. */
interface Dimensions {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

function dimensionsOf({ matrices }: Schedule, product: Product): Dimensions {
  const { rows: m, columns: n } = matrices[product.output]!;
  const { rows, columns } = matrices[product.a]!;
  return { m, n, k: product.transposeA ? rows : columns };
}

export function planProduct(schedule: Schedule, product: Product): PlannedProduct {
  const { m, k, n } = dimensionsOf(schedule, product);
  const panels = Math.ceil((n * BYTES) / PANEL) * PANEL;
  const { storage, offset: start, row } = viewOf(schedule, product.b);
  if (!product.transposeA && storage.kind === 'constant') {
    if (m === 1) {
      const packing = `panels for a row ${[start, row, k, n, product.transposeB].join(' ')}`;
      return { product, packed: Math.ceil((n * BYTES) / ROW_PANEL) * ROW_PANEL * k, packing, isRow: true, scratch: 0 };
    }
    const packing = `panels ${[start, row, k, n, product.transposeB].join(' ')}`;
    return { product, packed: panels * k, packing, isRow: false, scratch: 0 };
  }
  const steps = Math.min(k, K_BLOCK);
  const ofA = product.transposeA ? Math.min(m, ROW_BLOCK) * steps * BYTES : 0;
  return { product, packed: 0, packing: '', isRow: false, scratch: Math.min(panels, COLUMN_BLOCK) * steps + ofA };
}

/** Parts of a packed B along k. One row reads B once, so that there is nothing to keep in a cache. */
function blocksOf(
  { packed, isRow }: PlannedProduct,
  k: number,
): readonly { readonly start: number; readonly steps: number; readonly at: number }[] {
  if (isRow) return [{ start: 0, steps: k, at: 0 }];
  return Array.from({ length: Math.ceil(k / K_BLOCK) }, (_, i) => {
    const start = i * K_BLOCK;
    return { start, steps: Math.min(K_BLOCK, k - start), at: start * (packed / k) };
  });
}

/** What a driver tells the code of a product. */
export interface ProductPlaces {
  /** Where a view begins in the present step. */
  readonly addressOf: (view: View) => I32;
  /** Where the panels of B are, or the scratch. */
  readonly memory: I32;
  /** The number of rows of a value: all, or those of this part of the batch. */
  readonly rowsOf: (value: number) => I32;
}

/** One part of the panels, by its number, and how many others there are. */
export interface PanelPart {
  readonly part: I32;
  readonly others: I32;
}

/** Before the first step, for a weight that is not packed yet: one part of its panels. */
export function emitPacking(
  f: FunctionBuilder,
  { pack, packRow }: ProductKernels,
  schedule: Schedule,
  planned: PlannedProduct,
  { addressOf, memory }: Pick<ProductPlaces, 'addressOf' | 'memory'>,
  { part, others }: PanelPart,
): void {
  const { product, packed, isRow } = planned;
  if (packed === 0) return;
  const { k, n } = dimensionsOf(schedule, product);
  const b = viewOf(schedule, product.b);
  const panel = isRow ? ROW_PANEL : PANEL;
  const columns = panel / BYTES;
  const panels = i32.const(Math.ceil(n / columns));
  const bound = (of: I32): I32 => i32.div_u(i32.mul(panels, of), i32.add(others, i32.const(1)));
  const first = f.let(bound(part));
  const end = f.let(i32.mul(bound(i32.add(part, i32.const(1))), i32.const(columns)));
  f.if(i32.lt_u(i32.const(n), end), () => f.set(end, i32.const(n)));
  const own = f.let(i32.sub(end, i32.mul(first, i32.const(columns))));
  for (const { start, steps, at } of blocksOf(planned, k)) {
    const from = start * (product.transposeB ? BYTES : b.row);
    const to = i32.add(offset(memory, at), i32.mul(first, i32.const(panel * steps)));
    const perPanel = columns * (product.transposeB ? b.row : BYTES);
    const source = i32.add(offset(addressOf(b), from), i32.mul(first, i32.const(perPanel)));
    const [row, depth, transposed] = [b.row, steps, Number(product.transposeB)].map(i32.const) as [I32, I32, I32];
    f.call(isRow ? packRow : pack, to, source, row, depth, own, transposed);
  }
}

/** In each step. */
export function emitProduct(
  f: FunctionBuilder,
  { multiply, multiplyPacked, multiplyRow }: ProductKernels,
  schedule: Schedule,
  planned: PlannedProduct,
  { addressOf, memory, rowsOf }: ProductPlaces,
): void {
  const { product, packed, isRow } = planned;
  const { transposeA, transposeB, accumulate = false } = product;
  const [a, b, c] = [product.a, product.b, product.output].map((value) => viewOf(schedule, value)) as [
    View,
    View,
    View,
  ];
  const { k, n } = dimensionsOf(schedule, product);
  const m = rowsOf(product.output);
  const number = (value: number | boolean): I32 => i32.const(Number(value));
  if (packed === 0) {
    const steps = transposeA ? rowsOf(product.a) : number(k);
    const ofA = [addressOf(a), number(a.row), number(transposeA)];
    const ofB = [addressOf(b), number(b.row), number(transposeB)];
    f.call(multiply, m, number(n), steps, ...ofA, ...ofB, addressOf(c), number(c.row), number(accumulate), memory);
    return;
  }
  if (isRow) {
    f.call(multiplyRow, number(n), number(k), addressOf(a), memory, addressOf(c));
    return;
  }
  for (const { start, steps, at } of blocksOf(planned, k)) {
    const ofA = [offset(addressOf(a), start * BYTES), number(a.row)];
    const ofC = [addressOf(c), number(c.row), number(accumulate || start > 0)];
    f.call(multiplyPacked, m, number(n), number(steps), ...ofA, offset(memory, at), ...ofC);
  }
}

/** An address so many bytes further. */
export function offset(address: I32, bytes: number): I32 {
  return bytes === 0 ? address : i32.add(address, i32.const(bytes));
}
