import { type Tensor, UnrollError, concat, full, minimum, runFused, scope } from '@unroll/tensor';

export interface ClipByGlobalNormOptions {
  /** Over all elements of all gradients: 1 is Σ|g|, 2 is √Σg², Infinity is the largest |g|. Default 2. */
  readonly normType?: number;
  /** The names of the gradients, for the message of an error. */
  readonly names?: readonly string[];
}

/** What `clipByGlobalNorm` gives. */
export interface ClippedGradients {
  readonly grads: readonly Tensor[];
  /** The norm of all gradients before clipping. */
  readonly norm: number;
}

/** Keeps the quotient below 1 where the norm is about the limit, as PyTorch does. */
const MARGIN = 1e-6;

/**
 * Scales all gradients by maxNorm/(norm + 1e-6) where that is below 1, so that their common norm is at most `maxNorm` (Pascanu,
 * Mikolov & Bengio 2013). Gradients that are within it come back as they are; of others the scaled copies. Reads the device once.
 * @throws UnrollError NON_FINITE naming the first gradient with NaN or an infinity; INVALID_ARGUMENT unless maxNorm > 0
 */
export function clipByGlobalNorm(
  grads: readonly Tensor[],
  maxNorm: number,
  { normType = 2, names }: ClipByGlobalNormOptions = {},
): ClippedGradients {
  if (!(maxNorm > 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `clipByGlobalNorm: maxNorm is ${maxNorm}. It must be above 0.`);
  }
  if (![1, 2, Infinity].includes(normType)) {
    throw new UnrollError('INVALID_ARGUMENT', `clipByGlobalNorm: normType is ${normType}. Give 1, 2 or Infinity.`);
  }
  const norm = globalNorm(grads, normType, names);
  const coefficient = maxNorm / (norm + MARGIN);
  return { grads: coefficient < 1 ? grads.map((grad) => grad.mul(coefficient)) : grads, norm };
}

/** What `clipByGlobalNormOnDevice` gives. */
export interface DeviceClippedGradients {
  readonly grads: readonly Tensor[];
  /** The norm of all gradients before clipping, []. */
  readonly norm: Tensor;
}

/**
 * `clipByGlobalNorm` with the Euclidean norm that reads nothing back, for devices on which reading waits: every gradient is
 * multiplied by min(1, maxNorm/(norm + 1e-6)), computed on the device. Nothing is checked: with NaN or an infinity among the
 * gradients, or squares that overflow, the norm is not finite, and the results are NaN or 0.
 * @throws UnrollError INVALID_ARGUMENT unless maxNorm > 0, or without gradients
 */
export function clipByGlobalNormOnDevice(grads: readonly Tensor[], maxNorm: number): DeviceClippedGradients {
  if (!(maxNorm > 0)) {
    throw new UnrollError('INVALID_ARGUMENT', `clipByGlobalNormOnDevice: maxNorm is ${maxNorm}. It must be above 0.`);
  }
  if (grads.length === 0) {
    throw new UnrollError('INVALID_ARGUMENT', 'clipByGlobalNormOnDevice: there are no gradients. Give at least one.');
  }
  return scope(() => {
    const norm = sumOfSquares(grads).sqrt();
    const coefficient = minimum(full([], maxNorm, norm).div(norm.add(MARGIN)), 1);
    return { grads: grads.map((grad) => grad.mul(coefficient)), norm };
  });
}

/**
 * Cuts every element to [−limit, limit]. An infinity becomes the limit, NaN stays.
 * @throws UnrollError INVALID_ARGUMENT unless limit > 0
 */
export function clipByValue(grads: readonly Tensor[], limit: number): readonly Tensor[] {
  if (!(limit > 0))
    throw new UnrollError('INVALID_ARGUMENT', `clipByValue: the limit is ${limit}. It must be above 0.`);
  return scope(() => grads.map((grad) => grad.maximum(-limit).minimum(limit)));
}

function globalNorm(grads: readonly Tensor[], normType: number, names: readonly string[] | undefined): number {
  const kept = grads.flatMap((grad, index) => (grad.size > 0 ? [{ grad, index }] : []));
  const of = (fn: (grad: Tensor) => Tensor): readonly number[] =>
    kept.length === 0
      ? []
      : scope(() => [
          ...concat(
            kept.map(({ grad }) => fn(grad).reshape([1])),
            0,
          ).dataSync(),
        ]);
  const largest = (): readonly number[] => of((grad) => grad.abs().max());
  if (normType === Infinity) return Math.max(0, ...refuseNonFinite(largest(), kept, names));
  const power = (grad: Tensor): Tensor => (normType === 1 ? grad.abs() : grad.square()).sum();
  const total =
    normType === 2 && kept.length > 0 ? itemOf(() => sumOfSquares(kept.map(({ grad }) => grad))) : sum(of(power));
  if (Number.isFinite(total)) return normType === 1 ? total : Math.sqrt(total);
  // Either a gradient is not finite, or the sum of powers has overflowed: then the gradients are scaled first.
  const scale = Math.max(...refuseNonFinite(largest(), kept, names));
  const scaled = sum(of((grad) => power(grad.div(scale))));
  return scale * (normType === 1 ? scaled : Math.sqrt(scaled));
}

function itemOf(fn: () => Tensor): number {
  return scope(() => fn().item());
}

/** Σ g² over all elements of all gradients, []. */
function sumOfSquares(grads: readonly Tensor[]): Tensor {
  const definition = (): readonly Tensor[] => [
    grads.map((grad) => grad.square().sum()).reduce((total, part) => total.add(part)),
  ];
  return runFused({ op: 'sumOfSquares', inputs: grads, attrs: {}, definition })[0]!;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0);
}

function refuseNonFinite(
  largest: readonly number[],
  grads: readonly { readonly index: number }[],
  names: readonly string[] | undefined,
): readonly number[] {
  const at = largest.findIndex((x) => !Number.isFinite(x));
  if (at < 0) return largest;
  const { index } = grads[at]!;
  const name = names?.[index];
  throw new UnrollError(
    'NON_FINITE',
    `clipByGlobalNorm: gradient ${index}${name === undefined ? '' : ` (${name})`} has ${Number.isNaN(largest[at]) ? 'NaN' : 'an infinity'}. ` +
      'Nothing was changed. A smaller learning rate or a smaller limit earlier on may help; look for log 0 and 0/0 in the loss.',
  );
}
