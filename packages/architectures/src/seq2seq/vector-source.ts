import { type Tensor, checkTensors } from '@unroll/tensor';
import type { Encoded } from './decoder.ts';

/**
 * One vector [batch, features] as a source: what a network for images, or a class, says, and a decoder is to tell (one to many; Vinyals et al. 2015). A
 * `LinearBridge` starts the decoder from it; a `FixedContextDecoder` reads it at each step. Several vectors, say of the regions of an image, are
 * `{ ys, final }` with ys [batch, regions, features], and a decoder may look at them (Xu et al. 2015).
 */
export function vectorSource(vector: Tensor): Encoded {
  checkTensors('vectorSource', { vector });
  return { ys: vector.expandDims(1), final: vector };
}
