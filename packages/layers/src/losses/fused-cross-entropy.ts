import { type Tensor, arange, hasFused, isRecording, logSoftmax, runFused, softmax, where } from '@unroll/tensor';
import { sizeOf } from '@unroll/backend';

/** Whether one kernel does it all: both exist, and all is of one backend. */
export function hasFusedCrossEntropy(logits: Tensor, targets: Tensor): boolean {
  const known = hasFused('crossEntropy', logits) && hasFused('crossEntropyWithGradient', logits);
  return known && targets.backend === logits.backend;
}

/**
 * The losses of all positions in one axis, and by how much each counts in a mean: logits [..., classes], int32 targets [...], which
 * are `ignoreIndex` where a position is left out. The kernels check the targets as they read them.
 */
export function fusedCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  ignoreIndex: number,
): { readonly losses: Tensor; readonly weights: Tensor } {
  const call = { inputs: [logits, targets], attrs: { ignoreIndex } };
  const live = (): Tensor => targets.equal(ignoreIndex).equal(0);
  const [losses] = isRecording()
    ? runFused({
        ...call,
        op: 'crossEntropyWithGradient',
        definition: () => inPrimitives(logits, targets, live()),
        // `where` and not the gradient's zeros alone, as a cotangent that does not count may be NaN.
        pullBack: ([dy], [, gradient]) => (dy ? [gradient!.mul(where(live(), dy, 0).expandDims(-1))] : []),
      })
    : runFused({ ...call, op: 'crossEntropy', definition: () => [inPrimitives(logits, targets, live())[0]] });
  const count = sizeOf(targets.shape);
  return { losses: losses!.reshape([count]), weights: live().cast(logits.dtype).reshape([count]) };
}

/** Whether one kernel gives the mean and its derivative: that takes time, and is only for those that are recorded. */
export function hasFusedMean(logits: Tensor): boolean {
  return isRecording() && hasFused('crossEntropyMean', logits);
}

/** The mean of the losses of all positions that are not left out, 0 if all are; for recordings, see `hasFusedMean`. */
export function fusedCrossEntropyMean(logits: Tensor, targets: Tensor, ignoreIndex: number): Tensor {
  const [mean] = runFused({
    op: 'crossEntropyMean',
    inputs: [logits, targets],
    attrs: { ignoreIndex },
    definition: () => {
      const live = targets.equal(ignoreIndex).equal(0);
      const [losses, gradient] = inPrimitives(logits, targets, live);
      const count = live.cast(logits.dtype).sum().maximum(1);
      return [losses.sum().div(count), gradient.div(count)];
    },
    pullBack: ([dy], [, gradient]) => (dy ? [gradient!.mul(dy)] : []),
  });
  return mean!;
}

/** The loss of each position, and its derivative by the logits. */
function inPrimitives(logits: Tensor, targets: Tensor, live: Tensor): readonly [losses: Tensor, gradient: Tensor] {
  const classes = logits.shape.at(-1)!;
  const { backend, dtype } = logits;
  const x = where(live.expandDims(-1), logits, 0);
  const choice = arange(classes, { dtype: 'int32', backend }).equal(targets.expandDims(-1)).cast(dtype);
  const losses = where(choice, logSoftmax(x), 0).sum(-1).neg();
  const gradient = where(live.expandDims(-1), softmax(x).sub(choice), 0);
  return [where(live, losses, 0), gradient];
}
