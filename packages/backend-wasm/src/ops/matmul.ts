import { BYTES_PER_ELEMENT, type DType, type PrimitiveKernels, sizeOf } from '@unroll/backend';
import type { WasmFunction } from '../engine.ts';
import { COLUMN_BLOCK, K_BLOCK, ROW_BLOCK } from '../kernels/gemm/multiply.ts';
import { PANEL } from '../kernels/gemm/tile.ts';
import { type Runtime, byDType, byWidth } from './runtime.ts';
import { sparseProducts } from './sparse.ts';

/** Below, each row of A is taken by itself: packing B would cost more than it saves. */
const FEW_ROWS = 5;

interface Kernels {
  readonly multiply: (dtype: DType) => WasmFunction;
  readonly addRow: (dtype: DType) => WasmFunction;
  readonly dotRows: (dtype: DType) => WasmFunction;
  readonly transpose: Readonly<Record<number, WasmFunction>>;
}

interface Dimensions {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export function matmulOps(runtime: Runtime): Pick<PrimitiveKernels, 'matmul'> {
  const { memory } = runtime;
  const kernels: Kernels = {
    multiply: byDType(runtime, 'multiply'),
    addRow: byDType(runtime, 'addRow'),
    dotRows: byDType(runtime, 'dotRows'),
    transpose: byWidth(runtime, 'transpose'),
  };
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
      if (sparse) {
        memory.withScratch(sparse.scratch, (work) => sparse.run(out, work));
        return [output];
      }
      const multiply = multiplier(kernels, dtype, { m, k, n, transposeA, transposeB });
      if (multiply.sums) memory.fill(output, 0);
      memory.withScratch(multiply.scratch, (work) => {
        for (let i = 0; i < batch; i++) {
          multiply.run(x + i * m * k * bytes, y + i * k * n * bytes, out + i * m * n * bytes, work);
        }
      });
      return [output];
    },
  };
}

/** How one product of a batch is computed. */
interface Multiplier {
  /** Bytes of memory that it needs besides. */
  readonly scratch: number;
  /** Whether it adds to C, which has to be 0 before. */
  readonly sums: boolean;
  readonly run: (a: number, b: number, c: number, work: number) => void;
}

function multiplier(kernels: Kernels, dtype: DType, of: Dimensions): Multiplier {
  const { m, n, transposeA, transposeB } = of;
  if (m < FEW_ROWS) return rowByRow(kernels, dtype, of);
  if (n === 1) {
    // A·b = (bᵀ·Aᵀ)ᵀ: a row times a matrix.
    const { scratch, sums, run } = rowByRow(kernels, dtype, {
      m: 1,
      k: of.k,
      n: m,
      transposeA: !transposeB,
      transposeB: !transposeA,
    });
    return { scratch, sums, run: (a, b, c, work) => run(b, a, c, work) };
  }
  return isBetterTurned(dtype, of) ? turned(kernels, dtype, of) : inBlocks(kernels, dtype, of);
}

/** Multiplications that moving an element costs, about. */
const MOVE = 16;

/** Whether Aᵀ·B, whose columns are filled up to whole panels, has fewer of them as (Bᵀ·A)ᵀ, by more than turning it costs. */
function isBetterTurned(dtype: DType, { m, k, n, transposeA, transposeB }: Dimensions): boolean {
  if (!transposeA || transposeB || n < FEW_ROWS) return false;
  const perPanel = PANEL / BYTES_PER_ELEMENT[dtype];
  const filled = (columns: number): number => Math.ceil(columns / perPanel) * perPanel;
  return (filled(n) * m - filled(m) * n) * k > MOVE * m * n;
}

/** (Bᵀ·A)ᵀ for Aᵀ·B: each element is the same sum. */
function turned(kernels: Kernels, dtype: DType, { m, k, n, transposeA, transposeB }: Dimensions): Multiplier {
  const bytes = BYTES_PER_ELEMENT[dtype];
  const product = inBlocks(kernels, dtype, { m: n, k, n: m, transposeA, transposeB });
  const at = Math.ceil(product.scratch / PANEL) * PANEL;
  return {
    scratch: at + m * n * bytes,
    sums: false,
    run: (a, b, c, work) => {
      product.run(b, a, work + at, work);
      kernels.transpose[bytes]!(c, n * bytes, work + at, m * bytes, n, m);
    },
  };
}

/** Each row of A times B, which is read as it lies. */
function rowByRow(kernels: Kernels, dtype: DType, { m, k, n, transposeA, transposeB }: Dimensions): Multiplier {
  const bytes = BYTES_PER_ELEMENT[dtype];
  const times = (transposeB ? kernels.dotRows : kernels.addRow)(dtype);
  const transpose = kernels.transpose[bytes]!;
  const bRow = (transposeB ? k : n) * bytes;
  // The columns of a transposed A have to lie in a row.
  const moves = transposeA && m > 1;
  return {
    scratch: moves ? m * k * bytes : 0,
    sums: !transposeB,
    run: (a, b, c, work) => {
      if (moves) transpose(work, k * bytes, a, m * bytes, k, m);
      const rows = moves ? work : a;
      for (let i = 0; i < m; i++) times(k, n, rows + i * k * bytes, b, bRow, c + i * n * bytes);
    },
  };
}

function inBlocks(kernels: Kernels, dtype: DType, { m, k, n, transposeA, transposeB }: Dimensions): Multiplier {
  const bytes = BYTES_PER_ELEMENT[dtype];
  const multiply = kernels.multiply(dtype);
  const steps = Math.min(k, K_BLOCK);
  const packed = Math.min(Math.ceil((n * bytes) / PANEL) * PANEL, COLUMN_BLOCK) * steps;
  const transposed = transposeA ? Math.min(m, ROW_BLOCK) * steps * bytes : 0;
  const aRow = (transposeA ? m : k) * bytes;
  const bRow = (transposeB ? k : n) * bytes;
  return {
    scratch: packed + transposed,
    sums: false,
    run: (a, b, c, work) => {
      multiply(m, n, k, a, aRow, Number(transposeA), b, bRow, Number(transposeB), c, n * bytes, 0, work);
    },
  };
}
