import { type MemoryLimits, ModuleBuilder, type ModuleStyle } from '../assembler/module-builder.ts';
import { argmaxes } from './argmax.ts';
import { crossEntropies } from './fused/cross-entropy.ts';
import { layerNorms } from './fused/layer-norm.ts';
import { optimizers } from './fused/optimizers.ts';
import { softmaxes } from './fused/softmax.ts';
import { copyBlocks, copyElements, copyPlanes } from './copy.ts';
import { casts, elementwise, wheres } from './elementwise.ts';
import { gathers } from './gather.ts';
import { multiplyOverTime } from './gemm/multiply-over-time.ts';
import { multiplyPackedByStep } from './gemm/multiply-packed-by-step.ts';
import { multiplyPacked } from './gemm/multiply-packed.ts';
import { addRow, dotRows } from './gemm/multiply-row.ts';
import {
  addSparse,
  areFinite,
  clearRows,
  multiplySparseByStep,
  multiplySparseOverTime,
} from './gemm/multiply-sparse.ts';
import { multiply } from './gemm/multiply.ts';
import { pack } from './gemm/pack.ts';
import { ROW_PANEL, multiplyRow } from './gemm/row.ts';
import type { Arithmetic } from './gemm/tile.ts';
import { FLOAT32, FLOAT64 } from './lanes.ts';
import { oneHots } from './one-hot.ts';
import { reductions } from './reduce.ts';
import { Constants } from './static-area.ts';
import { transpose } from './transpose.ts';

/** All kernels but matrix products. */
export function elementModule(memory: MemoryLimits): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory(memory);
  const constants = new Constants();
  elementwise(module, constants);
  casts(module);
  wheres(module);
  reductions(module, constants);
  argmaxes(module);
  const blocks = copyBlocks(module);
  module.export('copyBlocks', blocks);
  module.export('copyPlanes', copyPlanes(module, blocks));
  gathers(module, blocks);
  for (const bytes of [4, 8] as const) {
    module.export(`copyElements.${bytes}`, copyElements(module, bytes));
    module.export(`transpose.${bytes}`, transpose(module, bytes));
  }
  softmaxes(module, constants);
  crossEntropies(module, constants);
  layerNorms(module);
  optimizers(module);
  oneHots(module);
  constants.addTo(module);
  return module.bytes;
}

/**
 * Matrix products of both float types: `multiply`, `pack`, `multiplyPacked`, `packRow`, `multiplyRow`, `addRow`, `addSparse`, `areFinite`
 * and `dotRows`, with a dtype each, and `clearRows`; and those of many steps: `multiplyOverTime`, `multiplyPackedByStep`,
 * `multiplySparseByStep` and `multiplySparseOverTime`.
 */
export function productModule(
  memory: MemoryLimits,
  arithmetic: Arithmetic,
  style: ModuleStyle = {},
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(style);
  module.importMemory(memory);
  const blocks = copyBlocks(module);
  const clear = clearRows(module);
  module.export('clearRows', clear);
  for (const lanes of [FLOAT32, FLOAT64]) {
    const copies = { copyBlocks: blocks, transpose: transpose(module, lanes.bytes) };
    const parts = {
      ...copies,
      pack: pack(module, lanes, copies),
      multiplyPacked: multiplyPacked(module, lanes, arithmetic, blocks),
    };
    module.export(`pack.${lanes.dtype}`, parts.pack);
    module.export(`multiplyPacked.${lanes.dtype}`, parts.multiplyPacked);
    module.export(`multiplyPackedByStep.${lanes.dtype}`, multiplyPackedByStep(module, lanes, parts.multiplyPacked));
    module.export(`packRow.${lanes.dtype}`, pack(module, lanes, copies, ROW_PANEL));
    module.export(`multiplyRow.${lanes.dtype}`, multiplyRow(module, lanes, arithmetic, blocks));
    module.export(`multiply.${lanes.dtype}`, multiply(module, lanes, parts));
    module.export(`multiplyOverTime.${lanes.dtype}`, multiplyOverTime(module, lanes, parts));
    const row = addRow(module, lanes, arithmetic);
    module.export(`addRow.${lanes.dtype}`, row);
    const sparse = { addSparse: addSparse(module, lanes, row), areFinite: areFinite(module, lanes), clearRows: clear };
    module.export(`addSparse.${lanes.dtype}`, sparse.addSparse);
    module.export(`areFinite.${lanes.dtype}`, sparse.areFinite);
    module.export(`multiplySparseByStep.${lanes.dtype}`, multiplySparseByStep(module, sparse));
    module.export(`multiplySparseOverTime.${lanes.dtype}`, multiplySparseOverTime(module, sparse));
    module.export(`dotRows.${lanes.dtype}`, dotRows(module, lanes, arithmetic));
  }
  return module.bytes;
}
