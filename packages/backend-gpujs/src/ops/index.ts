import type { FusedKernels, PrimitiveKernels } from '@unroll/backend';
import type { Memory } from '../memory.ts';
import { crossEntropyOps } from './cross-entropy.ts';
import { elementwiseOps } from './elementwise.ts';
import { gatherOps } from './gather.ts';
import { layerNormOps } from './layer-norm.ts';
import { matmulOps } from './matmul.ts';
import { movementOps } from './movement.ts';
import { optimizerOps } from './optimizers.ts';
import { reduceOps } from './reduce.ts';
import { softmaxOps } from './softmax.ts';

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
    fused: {
      ...softmaxOps(memory),
      ...crossEntropyOps(memory),
      ...layerNormOps(memory),
      ...optimizerOps(memory),
    },
  };
}
