import { UnrollError, formatShape, sameShape } from '@unroll/backend';
import { type Tensor, matmul, tensor, where, checkTensors } from '@unroll/tensor';

/**
 * What looking again costs (See, Liu & Manning 2017): the mean over live steps of
 *
 *     Σᵢ min(aₜᵢ, coverageₜᵢ),   coverageₜ = Σ a of the steps before t
 *
 * alignments are [batch, time, source]; the mask of the targets is [batch, time]. Add it to the loss with a weight.
 * @throws UnrollError SHAPE_MISMATCH if they do not fit
 */
export function coverageLoss(alignments: Tensor, { mask }: { readonly mask?: Tensor | undefined } = {}): Tensor {
  checkTensors('coverageLoss', { alignments });
  const { shape, rank, dtype, backend } = alignments;
  if (rank !== 3 || (mask && !sameShape(mask.shape, shape.slice(0, 2)))) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `coverageLoss: alignments ${formatShape(shape)} and mask ${mask ? formatShape(mask.shape) : 'none'}; they must be ` +
        '[batch, time, source] and [batch, time].',
    );
  }
  const [batch, time, source] = shape as [number, number, number];
  const before = Float64Array.from({ length: time * time }, (_, i) => (i % time < Math.floor(i / time) ? 1 : 0));
  const earlier = tensor(before, { shape: [time, time], dtype, backend });
  const live = mask ? where(mask.expandDims(2), alignments, 0) : alignments;
  const byTime = live.transpose([1, 0, 2]).reshape([time, batch * source]);
  const total = byTime.minimum(matmul(earlier, byTime)).sum();
  if (!mask) return total.div(batch * time);
  const steps = where(mask, 1, 0).cast(dtype).sum();
  return total.div(where(steps.equal(0), 1, steps));
}
