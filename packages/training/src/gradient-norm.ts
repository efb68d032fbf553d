import { type Tensor, concat, keep, scope } from '@unroll/tensor';
import { DivergenceError } from './divergence-error.ts';

/** The numbers that a step reads back from the device. */
export interface LossAndNorm {
  readonly loss: number;
  /** √Σg² over all gradients. */
  readonly norm: number;
  /** Of which parameter the gradient is largest. */
  readonly largest: string | undefined;
}

/** A gradient, and what it is the gradient of. */
export interface NamedGradient {
  readonly name: string;
  readonly value: Tensor;
  readonly gradient: Tensor;
}

/** Keeps the quotient below 1 where the norm is about the limit, as PyTorch and `clipByGlobalNorm` do. */
const MARGIN = 1e-6;

const SMALLER_STEPS = 'Try a smaller learning rate, or clipNorm.';

/**
 * Loss and gradient norm in one read. The loss is [], or anything of one element.
 * @param step stands in the message of an error
 * @throws DivergenceError NON_FINITE if the loss or a gradient is not finite, naming the step and the first parameter concerned
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
  if (!Number.isFinite(value)) {
    const found = await firstNonFinite(gradients);
    throw new DivergenceError({
      code: 'NON_FINITE',
      step,
      parameter: found?.name,
      what: `the loss is ${value}${found ? `: ${found.what}` : ''}`,
      remedies: found?.isParameter
        ? ['Go on from an earlier checkpoint, with a smaller learning rate or clipNorm.']
        : [SMALLER_STEPS, 'Look for log 0 and 0/0 in the loss, and for NaN in the data.'],
    });
  }
  const norm = Number.isFinite(total) ? Math.sqrt(total) : await largeNorm(gradients, step);
  return { loss: value!, norm, largest: gradients[squares.indexOf(Math.max(...squares))]?.name };
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
    const found = await firstNonFinite(gradients);
    throw new DivergenceError({
      code: 'NON_FINITE',
      step,
      parameter: found?.name,
      what: `the loss is finite, its gradient is not${found ? `: ${found.what}` : ''}`,
      remedies: [
        SMALLER_STEPS,
        'Look for √0, log of almost 0 and division by almost 0 in the loss: their slopes are infinite where their values are not.',
      ],
    });
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

interface NonFinite {
  readonly name: string;
  /** In words. */
  readonly what: string;
  /** And not its gradient. */
  readonly isParameter: boolean;
}

/** The first parameter that is not finite, or else the first whose gradient is not; nothing where there is none. */
async function firstNonFinite(gradients: readonly NamedGradient[]): Promise<NonFinite | undefined> {
  const find = async (of: (named: NamedGradient) => Tensor): Promise<{ name: string; has: string } | undefined> => {
    const largest = await readScalars(gradients.map((named) => () => largestMagnitude(of(named))));
    const at = largest.findIndex((x) => !Number.isFinite(x));
    if (at < 0) return undefined;
    return { name: gradients[at]!.name, has: Number.isNaN(largest[at]) ? 'NaN' : 'an infinity' };
  };
  const parameter = await find(({ value }) => value);
  if (parameter) {
    const { name, has } = parameter;
    return { name, what: `the parameter ${name} has ${has}`, isParameter: true };
  }
  const gradient = await find(({ gradient }) => gradient);
  if (!gradient) return undefined;
  const { name, has } = gradient;
  return { name, what: `the gradient of ${name} has ${has}`, isParameter: false };
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
