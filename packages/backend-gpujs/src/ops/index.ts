import type { FusedKernels, Kernel, PrimitiveKernels } from '@unroll/backend';
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
    primitives: wholly(memory, {
      ...elementwiseOps(memory),
      ...matmulOps(memory),
      ...reduceOps(memory),
      ...movementOps(memory),
      ...gatherOps(memory),
    }),
    fused: wholly(memory, {
      ...softmaxOps(memory),
      ...crossEntropyOps(memory),
      ...layerNormOps(memory),
      ...optimizerOps(memory),
    }),
  };
}

/** The same kernels, each of which gives back what it made along the way, and all that it made if it fails. */
function wholly<Kernels extends object>(memory: Memory, kernels: Kernels): Kernels {
  const whole =
    (kernel: Kernel<unknown>): Kernel<unknown> =>
    (inputs, attrs, outputs) =>
      memory.whole(() => kernel(inputs, attrs, outputs));
  return Object.fromEntries(Object.entries(kernels).map(([op, kernel]) => [op, whole(kernel)])) as Kernels;
}
