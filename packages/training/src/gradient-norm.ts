import { UnrollError } from '@unroll/backend';
import { type Tensor, concat, keep, scope } from '@unroll/tensor';

/** The numbers that a step reads back from the device. */
export interface LossAndNorm {
  readonly loss: number;
  /** √Σg² over all gradients. */
  readonly norm: number;
}

/** A gradient, and what it is the gradient of. */
export interface NamedGradient {
  readonly name: string;
  readonly value: Tensor;
  readonly gradient: Tensor;
}

/** Keeps the quotient below 1 where the norm is about the limit, as PyTorch and `clipByGlobalNorm` do. */
const MARGIN = 1e-6;

/**
 * Loss and gradient norm in one read. The loss is [], or anything of one element.
 * @param step stands in the message of an error
 * @throws UnrollError NON_FINITE if the loss or a gradient is not finite, naming the step and the first parameter concerned
 */
export async function readLossAndNorm(
  loss: Tensor,
  gradients: readonly NamedGradient[],
  step: number,
): Promise<LossAndNorm> {
  const [value, ...squares] = await readScalars([
    () => loss,
    ...gradients.map(
      ({ gradient }) =>
        () =>
          gradient.square().sum(),
    ),
  ]);
  const total = sum(squares);
  if (!Number.isFinite(value)) throw nonFinite(`the loss is ${value}${await firstNonFinite(gradients)}`, step);
  return { loss: value!, norm: Number.isFinite(total) ? Math.sqrt(total) : await largeNorm(gradients, step) };
}

/** The gradients scaled by maxNorm/(norm + 1e-6) where that is below 1, so that their norm is at most `maxNorm`. */
export function clipToNorm(grads: readonly Tensor[], norm: number, maxNorm: number): readonly Tensor[] {
  const coefficient = maxNorm / (norm + MARGIN);
  return coefficient < 1 ? grads.map((grad) => grad.mul(coefficient)) : grads;
}

/** The norm where a sum of squares is not finite: a gradient is not either, or the squares have overflowed. */
async function largeNorm(gradients: readonly NamedGradient[], step: number): Promise<number> {
  const largest = await readScalars(
    gradients.map(
      ({ gradient }) =>
        () =>
          largestMagnitude(gradient),
    ),
  );
  if (!largest.every(Number.isFinite)) {
    throw nonFinite(`the loss is finite, its gradient is not${await firstNonFinite(gradients)}`, step);
  }
  const scale = Math.max(...largest);
  const squares = await readScalars(
    gradients.map(
      ({ gradient }) =>
        () =>
          gradient.div(scale).square().sum(),
    ),
  );
  return scale * Math.sqrt(sum(squares));
}

/** In words: the first parameter that is not finite, or else the first whose gradient is not; nothing where there is none. */
async function firstNonFinite(gradients: readonly NamedGradient[]): Promise<string> {
  const find = async (of: (named: NamedGradient) => Tensor): Promise<string | undefined> => {
    const largest = await readScalars(gradients.map((named) => () => largestMagnitude(of(named))));
    const at = largest.findIndex((x) => !Number.isFinite(x));
    return at < 0 ? undefined : `${gradients[at]!.name} has ${Number.isNaN(largest[at]) ? 'NaN' : 'an infinity'}`;
  };
  const parameter = await find(({ value }) => value);
  if (parameter !== undefined) return `: the parameter ${parameter}`;
  const gradient = await find(({ gradient }) => gradient);
  return gradient === undefined ? '' : `: the gradient of ${gradient}`;
}

function largestMagnitude(x: Tensor): Tensor {
  return x.size > 0 ? x.abs().max() : x.sum();
}

async function readScalars(scalars: readonly (() => Tensor)[]): Promise<readonly number[]> {
  if (scalars.length === 0) return [];
  const read = scope(() =>
    keep(
      concat(
        scalars.map((scalar) => scalar().reshape([1])),
        0,
      ),
    ),
  );
  try {
    return Array.from(await read.data());
  } finally {
    read.dispose();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0);
}

function nonFinite(what: string, step: number): UnrollError {
  return new UnrollError(
    'NON_FINITE',
    `fit: step ${step} was not taken: ${what}. The model is as step ${step - 1} left it. ` +
      'Try a smaller learning rate, or clipNorm; look for log 0 and 0/0 in the loss, and for NaN in the data.',
  );
}
