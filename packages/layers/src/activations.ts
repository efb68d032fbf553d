import { type Tensor, where, checkTensors } from '@unroll/tensor';

/** An elementwise nonlinearity: [...] → [...]. `(x) => x.tanh()` is one. */
export type Activation = (x: Tensor) => Tensor;

/** x for x > 0, else slope · x (Maas, Hannun & Ng 2013). Default slope 0.01; the derivative at 0 is the slope. */
export function leakyRelu(x: Tensor, { slope = 0.01 }: { readonly slope?: number } = {}): Tensor {
  checkTensors('leakyRelu', { x });
  return where(x.greater(0), x, x.mul(slope));
}

/** x for x > 0, else alpha (eˣ − 1) (Clevert, Unterthiner & Hochreiter 2016). Default alpha 1; the derivative at 0 is alpha. */
export function elu(x: Tensor, { alpha = 1 }: { readonly alpha?: number } = {}): Tensor {
  checkTensors('elu', { x });
  const positive = x.greater(0);
  // The exponential of what is not chosen would overflow, and 0 · ∞ in its derivative is NaN.
  const below = where(positive, 0, x).exp().sub(1);
  return where(positive, x, below.mul(alpha));
}

/** x σ(x), also called swish (Elfwing, Uchibe & Doya 2018). */
export function silu(x: Tensor): Tensor {
  checkTensors('silu', { x });
  return x.mul(x.sigmoid());
}

/** x Φ(x) = x/2 (1 + erf(x/√2)), with the distribution function Φ of the normal (Hendrycks & Gimpel 2016). */
export function gelu(x: Tensor): Tensor {
  checkTensors('gelu', { x });
  return x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1));
}

/** log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), which never overflows (Dugas et al. 2001). */
export function softplus(x: Tensor): Tensor {
  checkTensors('softplus', { x });
  // `maximum` and not `relu`: it shares the derivative at 0, where the sum is ½.
  return x.maximum(0).add(x.abs().neg().exp().add(1).log());
}

/** log σ(x) = −softplus(−x), finite for every finite x. */
export function logSigmoid(x: Tensor): Tensor {
  checkTensors('logSigmoid', { x });
  return softplus(x.neg()).neg();
}

/** x / (1 + |x|). */
export function softsign(x: Tensor): Tensor {
  checkTensors('softsign', { x });
  return x.div(x.abs().add(1));
}

/**
 * slope · x + offset, cut to [0, 1]; the derivative at both corners is 0.
 * Defaults 1/6 and 1/2 as in PyTorch, which is relu6(x + 3)/6; ONNX and older Keras have 0.2 and 0.5.
 */
export function hardSigmoid(x: Tensor, options: { readonly slope?: number; readonly offset?: number } = {}): Tensor {
  checkTensors('hardSigmoid', { x });
  const { slope = 1 / 6, offset = 0.5 } = options;
  // min(y, 1) = 1 − relu(1 − y)
  return x.mul(slope).add(offset).relu().neg().add(1).relu().neg().add(1);
}

/** x cut to [−1, 1]; the derivative at both corners is 0. */
export function hardTanh(x: Tensor): Tensor {
  checkTensors('hardTanh', { x });
  const inside = x.abs().less(1);
  return where(inside, x, where(x.greater(0), 1, where(x.less(0), -1, x)));
}
