import { type Shape, sameShape } from '@unroll/backend';
import type { Tensor } from '@unroll/tensor';

/** The adjoint of broadcasting: sums `dy` over every axis that was stretched, so that it has `shape` again. */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const leading = dy.rank - shape.length;
  const stretched = dy.shape.flatMap((length, axis) =>
    axis < leading || shape[axis - leading] !== length ? [axis] : [],
  );
  const summed = stretched.length > 0 ? dy.sum(stretched, { keepDims: true }) : dy;
  return summed.reshape(shape);
}
