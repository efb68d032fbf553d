import { type Shape, type Tensor, UnrollError, where } from '@unroll/tensor';
import { formatShape, sameShape, sizeOf } from '@unroll/backend';

/** What every loss over positions takes. */
export interface MaskOptions {
  /** 1 live, 0 left out: of the shape of the values or of their leading axes, say [batch, time]. Default: all are live. */
  readonly mask?: Tensor | undefined;
}

/** The mask as 0 and 1 of the dtype of x, with axes of length 1 at the end, so that it broadcasts against x. */
export function alignMask(op: string, mask: Tensor, x: Tensor): Tensor {
  if (!sameShape(mask.shape, x.shape.slice(0, mask.rank))) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `${op}: the mask ${formatShape(mask.shape)} does not fit ${formatShape(x.shape)}: it has its shape, or that of its leading axes.`,
    );
  }
  const live = where(mask, 1, 0).cast(x.dtype);
  return mask.rank === x.rank ? live : live.reshape([...mask.shape, ...x.shape.slice(mask.rank).map(() => 1)]);
}

/** Σ losses / Σ weights, or 0 where the weights are all 0. The losses are 0 where they do not count. */
export function weightedMean(losses: Tensor, weights: Tensor): Tensor {
  const total = weights.sum();
  return losses.sum().div(where(total.equal(0), 1, total));
}

/** The mean of the live losses; `live` broadcasts against them. */
export function maskedMean(losses: Tensor, live: Tensor | undefined): Tensor {
  if (!live) return losses.mean();
  const each = sizeOf(losses.shape) / Math.max(1, sizeOf(live.shape));
  return weightedMean(where(live, losses, 0), live.mul(each));
}

/** @throws UnrollError SHAPE_MISMATCH unless the shapes are equal: broadcasting a loss by accident is a classic. */
export function checkSameShape(op: string, shape: Shape, target: Shape): void {
  if (sameShape(shape, target)) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `${op}: the prediction ${formatShape(shape)} and the target ${formatShape(target)} must have one shape. Reshape one.`,
  );
}
