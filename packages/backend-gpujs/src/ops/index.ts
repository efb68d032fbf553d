import type { FusedKernels, PrimitiveKernels } from '@unroll/backend';
import type { Memory } from '../memory.ts';
import { elementwiseOps } from './elementwise.ts';
import { gatherOps } from './gather.ts';
import { matmulOps } from './matmul.ts';
import { movementOps } from './movement.ts';
import { reduceOps } from './reduce.ts';

/** All kernels, over one device's memory. */
export function opsOf(memory: Memory): { readonly primitives: PrimitiveKernels; readonly fused: FusedKernels } {
  return {
    primitives: {
      ...elementwiseOps(memory),
      ...matmulOps(memory),
      ...reduceOps(memory),
      ...movementOps(memory),
      ...gatherOps(memory),
    },
    fused: {},
  };
}
