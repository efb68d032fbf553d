import { type Rng, type Shape, type Tensor, UnrollError, checkRng } from '@unroll/tensor';

/**
 * What dropout multiplies by: of the given shape, 0 with probability `rate`, else 1/(1 − rate), so that the mean stays. Dtype and
 * backend are those of `like`.
 * @throws UnrollError INVALID_ARGUMENT for a rate outside [0, 1]
 */
export function dropoutMask(shape: Shape, rate: number, rng: Rng, like: Tensor): Tensor {
  checkRate(rate);
  checkRng('dropoutMask', rng);
  const kept = rng.bernoulli(shape, 1 - rate, { dtype: like.dtype, backend: like.backend });
  return rate === 1 ? kept : kept.div(1 - rate);
}

/**
 * Inverted dropout (Srivastava et al. 2014): each element of x [...] becomes 0 with probability `rate`, the others grow by
 * 1/(1 − rate). Draws nothing at rate 0.
 * @throws UnrollError INVALID_ARGUMENT for a rate outside [0, 1]
 */
export function dropout(x: Tensor, rate: number, rng: Rng): Tensor {
  checkRate(rate);
  return rate === 0 ? x : x.mul(dropoutMask(x.shape, rate, rng, x));
}

export interface DropoutOptions {
  /** The probability with which an element becomes 0. */
  readonly rate: number;
}

/** Where the noise of one call comes from; without either there is none, as outside of training. */
export interface DropoutCallOptions {
  /** Draws new noise. */
  readonly rng?: Rng | undefined;
  /** Ready noise from `dropoutMask` that broadcasts against x, say one for all time steps. It goes before `rng`. */
  readonly noise?: Tensor | undefined;
}

/** Dropout as a layer. Only a call with an `rng` or with noise drops anything. */
export class Dropout {
  readonly rate: number;

  /** @throws UnrollError INVALID_ARGUMENT for a rate outside [0, 1] */
  constructor({ rate }: DropoutOptions) {
    checkRate(rate);
    this.rate = rate;
  }

  /** x [...] → [...]. */
  forward(x: Tensor, { rng, noise }: DropoutCallOptions = {}): Tensor {
    if (noise) return x.mul(noise);
    return rng ? dropout(x, this.rate, rng) : x;
  }
}

function checkRate(rate: number): void {
  if (rate >= 0 && rate <= 1) return;
  throw new UnrollError('INVALID_ARGUMENT', `dropout: the rate ${rate} is no probability. Give a number from 0 to 1.`);
}
