import type { Tensor } from '@unroll/tensor';

/** decay · old + (1 − decay) · x, an average that forgets. */
export function movingAverage(old: Tensor, x: Tensor, decay: number): Tensor {
  return old.mul(decay).add(x.mul(1 - decay));
}

/** gradient + weightDecay · value: the gradient of a penalty ½ weightDecay ‖value‖². */
export function penalized(gradient: Tensor, value: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : value.mul(weightDecay).add(gradient);
}
