import type { FunctionReference } from '../assembler/function-builder.ts';
import type { ModuleBuilder } from '../assembler/module-builder.ts';
import { copyBlocks } from '../kernels/copy.ts';
import { multiplyPacked } from '../kernels/gemm/multiply-packed.ts';
import { multiply } from '../kernels/gemm/multiply.ts';
import { pack } from '../kernels/gemm/pack.ts';
import { ROW_PANEL, multiplyRow } from '../kernels/gemm/row.ts';
import type { Arithmetic } from '../kernels/gemm/tile.ts';
import { FLOAT32 } from '../kernels/lanes.ts';
import { transpose } from '../kernels/transpose.ts';
import { type ProductKernels, planProduct } from './product.ts';
import type { Schedule } from './schedule.ts';

/** Stands for kernels that no product of a loop calls. */
const NONE: FunctionReference = { parameters: [], results: [], index: -1 };

/** Writes into a module those kernels that the products of a loop call, and no other: it then imports none. */
export function standaloneKernels(module: ModuleBuilder, arithmetic: Arithmetic, schedule: Schedule): ProductKernels {
  const products = schedule.actions.flatMap((action) =>
    'product' in action ? [planProduct(schedule, action.product)] : [],
  );
  const none = { pack: NONE, multiplyPacked: NONE, packRow: NONE, multiplyRow: NONE, multiply: NONE };
  if (products.length === 0) return none;
  const blocks = copyBlocks(module);
  const copies = { copyBlocks: blocks, transpose: transpose(module, FLOAT32.bytes) };
  const rows = products.some(({ isRow }) => isRow) && {
    packRow: pack(module, FLOAT32, copies, ROW_PANEL),
    multiplyRow: multiplyRow(module, FLOAT32, arithmetic, blocks),
  };
  const panels = products.some(({ isRow }) => !isRow) && {
    pack: pack(module, FLOAT32, copies),
    multiplyPacked: multiplyPacked(module, FLOAT32, arithmetic, blocks),
  };
  const unpacked = panels &&
    products.some(({ packed }) => packed === 0) && { multiply: multiply(module, FLOAT32, { ...copies, ...panels }) };
  return { ...none, ...rows, ...panels, ...unpacked };
}
