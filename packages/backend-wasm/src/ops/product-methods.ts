import { BYTES_PER_ELEMENT, type DType } from '@unroll/backend';
import type { WasmFunction } from '../engine.ts';
import { COLUMN_BLOCK, K_BLOCK, ROW_BLOCK } from '../kernels/gemm/multiply.ts';
import { PANEL } from '../kernels/gemm/tile.ts';
import type { Call } from '../threads/threads.ts';
import type { Range } from './in-parts.ts';
import { type Runtime, byDType, byWidth } from './runtime.ts';

/** C = A·B, with addresses; rows lie so many bytes apart. */
export interface Product {
  readonly dtype: DType;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly a: number;
  readonly aRow: number;
  readonly b: number;
  readonly bRow: number;
  readonly c: number;
  readonly cRow: number;
}

type Sizes = Pick<Product, 'dtype' | 'm' | 'k' | 'n' | 'transposeA' | 'transposeB'>;

/** How a product is computed. Any piece of C is computed in the same way, to the same bits. */
export interface Method {
  /** Whether it adds to C, which has to be 0 before. */
  readonly sums: (product: Product) => boolean;
  /** Numbers of rows and columns that are computed together. */
  readonly rows: number;
  readonly columns: number;
  /** Bytes of memory that it needs besides. */
  readonly scratch: (product: Product) => number;
  readonly calls: (product: Product, work: number) => readonly Call[];
  /** In multiplications and additions, about. */
  readonly cost: (product: Product) => number;
}

/** Some rows and columns of C. */
export function part(product: Product, rows: Range, columns: Range): Product {
  const { transposeA, transposeB, a, aRow, b, bRow, c, cRow } = product;
  const bytes = BYTES_PER_ELEMENT[product.dtype];
  return {
    ...product,
    m: rows.count,
    n: columns.count,
    a: a + rows.first * (transposeA ? bytes : aRow),
    b: b + columns.first * (transposeB ? bRow : bytes),
    c: c + rows.first * cRow + columns.first * bytes,
  };
}

interface Kernels {
  readonly multiply: (dtype: DType) => WasmFunction;
  readonly addRow: (dtype: DType) => WasmFunction;
  readonly dotRows: (dtype: DType) => WasmFunction;
  readonly transpose: Readonly<Record<number, WasmFunction>>;
}

/** Below, each row of A is taken by itself: packing B would cost more than it saves. */
const FEW_ROWS = 5;
/** Multiplications that moving an element costs, about. */
const MOVE = 16;
/** Rows of pieces: tiles have two or three. */
const ROWS = 6;

/** Finds the method for a product. */
export function methods(runtime: Runtime): (product: Product) => Method {
  const kernels: Kernels = {
    multiply: byDType(runtime, 'multiply'),
    addRow: byDType(runtime, 'addRow'),
    dotRows: byDType(runtime, 'dotRows'),
    transpose: byWidth(runtime, 'transpose'),
  };
  const found: Partial<Record<DType, Readonly<Record<'rows' | 'column' | 'blocks' | 'turned', Method>>>> = {};
  const all = (dtype: DType): NonNullable<(typeof found)[DType]> =>
    (found[dtype] ??= {
      rows: rowByRow(kernels, dtype),
      column: asRow(rowByRow(kernels, dtype)),
      blocks: inBlocks(kernels, dtype),
      turned: turned(kernels, dtype),
    });
  return (product) => {
    const { dtype, m, n } = product;
    if (isInBlocks(product)) return all(dtype).blocks;
    if (m < FEW_ROWS) return all(dtype).rows;
    // A·b = (bᵀ·Aᵀ)ᵀ: a row times a matrix.
    return n === 1 ? all(dtype).column : all(dtype).turned;
  };
}

/** Whether a product is computed in blocks: not if it has a few rows or one column, and not if it is better turned. */
export function isInBlocks(product: Sizes): boolean {
  return product.m >= FEW_ROWS && product.n > 1 && !isBetterTurned(product);
}

/** Whether Aᵀ·B, whose columns are filled up to whole panels, has fewer of them as (Bᵀ·A)ᵀ, by more than turning it costs. */
function isBetterTurned({ dtype, m, k, n, transposeA, transposeB }: Sizes): boolean {
  if (!transposeA || transposeB || n < FEW_ROWS) return false;
  return (filled(n, dtype) * m - filled(m, dtype) * n) * k > MOVE * m * n;
}

/** As many columns as whole panels have. */
function filled(columns: number, dtype: DType): number {
  const perPanel = PANEL / BYTES_PER_ELEMENT[dtype];
  return Math.ceil(columns / perPanel) * perPanel;
}

/** Each row of A times B, which is read as it lies. */
function rowByRow(kernels: Kernels, dtype: DType): Method {
  const bytes = BYTES_PER_ELEMENT[dtype];
  const transpose = kernels.transpose[bytes]!;
  // The columns of a transposed A have to lie in a row.
  const moves = ({ transposeA, aRow }: Product): boolean => transposeA && aRow !== bytes;
  return {
    sums: ({ transposeB }) => !transposeB,
    rows: 1,
    columns: PANEL / bytes,
    scratch: (product) => (moves(product) ? product.m * product.k * bytes : 0),
    cost: ({ m, k, n }) => m * k * n,
    calls: (product, work) => {
      const { m, k, n, a, aRow, b, bRow, c, cRow } = product;
      const times = (product.transposeB ? kernels.dotRows : kernels.addRow)(dtype);
      const moved = moves(product);
      const [rows, row] = moved || product.transposeA ? [moved ? work : a, k * bytes] : [a, aRow];
      const calls: Call[] = moved ? [{ kernel: transpose, values: [work, row, a, aRow, k, m] }] : [];
      for (let i = 0; i < m; i++) calls.push({ kernel: times, values: [k, n, rows + i * row, b, bRow, c + i * cRow] });
      return calls;
    },
  };
}

/** A matrix times a column, as a row times a matrix. */
function asRow({ sums, rows, columns, scratch, cost, calls }: Method): Method {
  const turn = (product: Product): Product => ({
    ...product,
    m: 1,
    n: product.m,
    transposeA: !product.transposeB,
    transposeB: !product.transposeA,
    a: product.b,
    aRow: product.bRow,
    b: product.a,
    bRow: product.aRow,
  });
  return {
    sums: (product) => sums(turn(product)),
    rows: columns,
    columns: rows,
    scratch: (product) => scratch(turn(product)),
    cost,
    calls: (product, work) => calls(turn(product), work),
  };
}

function inBlocks(kernels: Kernels, dtype: DType): Method {
  const bytes = BYTES_PER_ELEMENT[dtype];
  const kernel = kernels.multiply(dtype);
  return {
    sums: () => false,
    rows: ROWS,
    columns: PANEL / bytes,
    scratch: ({ m, k, n, transposeA }) => {
      const steps = Math.min(k, K_BLOCK);
      const packed = Math.min(filled(n, dtype) * bytes, COLUMN_BLOCK) * steps;
      return packed + (transposeA ? Math.min(m, ROW_BLOCK) * steps * bytes : 0);
    },
    cost: ({ m, k, n, transposeA }) => (m * filled(n, dtype) + MOVE * n + (transposeA ? MOVE * m : 0)) * k,
    calls: ({ m, k, n, transposeA, transposeB, a, aRow, b, bRow, c, cRow }, work) => [
      { kernel, values: [m, n, k, a, aRow, Number(transposeA), b, bRow, Number(transposeB), c, cRow, 0, work] },
    ],
  };
}

/** (Bᵀ·A)ᵀ for Aᵀ·B: each element is the same sum. */
function turned(kernels: Kernels, dtype: DType): Method {
  const bytes = BYTES_PER_ELEMENT[dtype];
  const transpose = kernels.transpose[bytes]!;
  const { rows, columns, scratch, cost, calls } = inBlocks(kernels, dtype);
  const turn = (product: Product, work: number): Product => ({
    ...product,
    m: product.n,
    n: product.m,
    a: product.b,
    aRow: product.bRow,
    b: product.a,
    bRow: product.aRow,
    c: work + roomFor(product),
    cRow: product.m * bytes,
  });
  const roomFor = (product: Product): number => {
    const { m, n } = product;
    return Math.ceil(scratch({ ...product, m: n, n: m }) / PANEL) * PANEL;
  };
  return {
    sums: () => false,
    rows: columns,
    columns: rows,
    scratch: (product) => roomFor(product) + product.m * product.n * bytes,
    cost: (product) => cost(turn(product, 0)),
    calls: (product, work) => {
      const { m, n, c, cRow } = product;
      const other = turn(product, work);
      return [...calls(other, work), { kernel: transpose, values: [c, cRow, other.c, other.cRow, n, m] }];
    },
  };
}
