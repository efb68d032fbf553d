import {
  type Tensor,
  UnrollError,
  activeRecorders,
  arange,
  isRecording,
  ones,
  where,
  checkTensors,
} from '@unroll/tensor';
import { formatShape, sameShape, sizeOf, targetOutOfRange } from '@unroll/backend';
import { fusedCrossEntropy, fusedCrossEntropyMean, hasFusedCrossEntropy, hasFusedMean } from './fused-cross-entropy.ts';
import { type MaskOptions, weightedMean } from './mask.ts';

export interface CrossEntropyOptions extends MaskOptions {
  /** [classes]: how much each class counts. Default: all 1. */
  readonly classWeights?: Tensor | undefined;
  /** ε in [0, 1]: the share of the target's probability that is spread evenly over all classes (Szegedy et al. 2016). Default 0. */
  readonly labelSmoothing?: number;
  /** Positions with this target are left out. Default −100, as in PyTorch. */
  readonly ignoreIndex?: number;
}

/**
 * The mean of `crossEntropyPerToken` over the live positions: logits [..., classes], int32 targets [...] → []. With class weights
 * it is the weighted mean, Σ loss / Σ weight of the target, as in PyTorch. Where no position is live, the loss and its gradient
 * are 0 (PyTorch's loss is NaN there).
 * @throws UnrollError as `crossEntropyPerToken`
 */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkTensors('crossEntropy', { logits, targets });
  if (hasFusedMean(logits)) {
    checkArguments(logits, targets, options);
    const mean = ifFused(logits, targets, options, fusedCrossEntropyMean);
    if (mean) return mean;
  }
  const { losses, weights } = tokenLosses(logits, targets, options);
  return weightedMean(losses, weights);
}

/** The sum of `crossEntropyPerToken`: logits [..., classes], int32 targets [...] → []. */
export function crossEntropySum(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  return tokenLosses(logits, targets, options).losses.sum();
}

/**
 * How unlikely each target is: logits [..., classes], int32 targets [...] → [...], and 0 where a position is left out.
 *
 *     loss = (1 − ε) w_t (−log p_t) + ε/classes Σ_c w_c (−log p_c)        p = softmax(logits)
 *
 * with target t, class weights w and label smoothing ε, as in PyTorch. A position is live if the mask is 1 there and the target
 * is not `ignoreIndex`; the others touch neither value nor gradient, even with NaN among their logits.
 * @throws UnrollError SHAPE_MISMATCH, DTYPE_MISMATCH unless the targets are int32; INDEX_OUT_OF_RANGE naming the position of a
 * live target outside [0, classes) (where the backend reads synchronously or has a kernel for the whole loss; else its `gather` decides)
 */
export function crossEntropyPerToken(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  return tokenLosses(logits, targets, options).losses.reshape(targets.shape);
}

/** The losses of all positions in one axis, and by how much each counts in a mean; both 0 where a position is left out. */
function tokenLosses(
  logits: Tensor,
  targets: Tensor,
  options: CrossEntropyOptions,
): { readonly losses: Tensor; readonly weights: Tensor } {
  const { classWeights, labelSmoothing = 0, ignoreIndex = -100, mask } = options;
  checkArguments(logits, targets, options);
  const fused = ifFused(logits, targets, options, fusedCrossEntropy);
  if (fused) return fused;
  const classes = logits.shape.at(-1)!;
  const count = sizeOf(targets.shape);
  const { dtype, backend } = logits;
  const flatMask = mask?.reshape([count]);
  let target = targets.reshape([count]);
  let x = logits.reshape([count, classes]);
  let live: Tensor | undefined;
  if (findsAnyLeftOut(targets, mask, classes, ignoreIndex)) {
    const kept = target.equal(ignoreIndex).equal(0);
    live = flatMask ? where(kept, where(flatMask, 1, 0).cast('int32'), 0) : kept;
    target = where(live, target, 0);
    x = where(live.expandDims(-1), x, 0);
  }
  // As x − max x, which is exact where it matters, and not as log-sum-exp − x, which cancels for large logits.
  const shifted = x.sub(x.max(-1, { keepDims: true }).detach());
  const logTotal = shifted.exp().sum(-1).log();
  const flatIndex = arange(count, { dtype: 'int32', backend }).mul(classes).add(target);
  const weights = classWeights ? classWeights.gather(target) : ones([count], { dtype, backend });
  let losses = logTotal.sub(shifted.reshape([count * classes]).gather(flatIndex));
  if (classWeights) losses = losses.mul(weights);
  if (labelSmoothing > 0) {
    const even = classWeights
      ? logTotal.mul(classWeights.sum()).sub(shifted.mul(classWeights).sum(-1))
      : logTotal.mul(classes).sub(shifted.sum(-1));
    losses = losses.mul(1 - labelSmoothing).add(even.mul(labelSmoothing / classes));
  }
  if (!live) return { losses, weights };
  return { losses: where(live, losses, 0), weights: where(live, weights, 0) };
}

/** `run`, with what the mask leaves out left out by `ignoreIndex`, where there are kernels for such a loss. */
function ifFused<T>(
  logits: Tensor,
  targets: Tensor,
  { classWeights, labelSmoothing = 0, ignoreIndex = -100, mask }: CrossEntropyOptions,
  run: (logits: Tensor, targets: Tensor, ignoreIndex: number) => T,
): T | undefined {
  if (classWeights || labelSmoothing !== 0 || !hasFusedCrossEntropy(logits, targets)) return undefined;
  // Derivatives of derivatives run in primitives, which check no targets.
  if (isNested()) findsAnyLeftOut(targets, mask, logits.shape.at(-1)!, ignoreIndex);
  return run(logits, mask ? where(mask, targets, ignoreIndex) : targets, ignoreIndex);
}

/** Whether several derivatives listen, and nothing besides. */
function isNested(): boolean {
  if (!isRecording()) return false;
  const recorders = activeRecorders();
  return recorders.length > 1 && recorders.every(({ differentiation }) => differentiation !== undefined);
}

function checkArguments(logits: Tensor, targets: Tensor, options: CrossEntropyOptions): void {
  checkTensors('crossEntropy', { logits, targets });
  const { classWeights, labelSmoothing = 0, mask } = options;
  if (targets.dtype !== 'int32') {
    throw new UnrollError(
      'DTYPE_MISMATCH',
      `crossEntropy: targets are class indices of dtype int32, got ${targets.dtype}. Make them with { dtype: 'int32' }.`,
    );
  }
  if (logits.rank === 0 || !sameShape(logits.shape.slice(0, -1), targets.shape)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `crossEntropy: logits ${formatShape(logits.shape)} do not fit targets ${formatShape(targets.shape)}: ` +
        'logits are [..., classes] and targets [...].',
    );
  }
  if (mask && !sameShape(mask.shape, targets.shape)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `crossEntropy: the mask ${formatShape(mask.shape)} and the targets ${formatShape(targets.shape)} must have one shape.`,
    );
  }
  if (classWeights && !sameShape(classWeights.shape, logits.shape.slice(-1))) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `crossEntropy: class weights ${formatShape(classWeights.shape)} for ${logits.shape.at(-1)} classes. Give one per class.`,
    );
  }
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new UnrollError('INVALID_ARGUMENT', `crossEntropy: labelSmoothing is ${labelSmoothing}. Give 0 to 1.`);
  }
}

/**
 * Whether some position may be left out; on the way it checks the targets of the others. Nothing is left out of most batches, and
 * then the choosing is skipped, which changes no bit.
 */
function findsAnyLeftOut(targets: Tensor, mask: Tensor | undefined, classes: number, ignoreIndex: number): boolean {
  if (!targets.backend.downloadSync) return true;
  const values = targets.dataSync();
  const lives = mask?.dataSync();
  let found = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === ignoreIndex || lives?.[i] === 0) found = true;
    else if (value < 0 || value >= classes) throw targetOutOfRange(value, i, targets, classes, ignoreIndex);
  }
  return found;
}
