import { type Tensor, UnrollError, where, checkTensors } from '@unroll/tensor';
import { formatShape } from '@unroll/backend';
import { type MaskOptions, alignMask, maskedMean } from './mask.ts';

/**
 * Activation regularization (Merity, McCann & Socher 2017; AWD-LSTM takes it times 2): the mean of y² over the live elements. The
 * outputs ys [batch, time, features] (or any [...]) of a recurrent layer, after dropout → []. 0 where nothing is live.
 * @throws UnrollError SHAPE_MISMATCH
 */
export function activationRegularization(ys: Tensor, { mask }: MaskOptions = {}): Tensor {
  checkTensors('activationRegularization', { ys });
  if (!mask) return ys.square().mean();
  const live = alignMask('activationRegularization', mask, ys);
  return maskedMean(where(live, ys, 0).square(), live);
}

/**
 * Temporal activation regularization (as above; AWD-LSTM takes it times 1): the mean of (y_t − y_{t−1})², so that states change slowly.
 * The outputs ys [batch, time, features] of a recurrent layer, before dropout → []. A difference counts where both steps are live;
 * 0 where none does.
 * @throws UnrollError SHAPE_MISMATCH
 */
export function temporalActivationRegularization(ys: Tensor, { mask }: MaskOptions = {}): Tensor {
  checkTensors('temporalActivationRegularization', { ys });
  if (ys.rank !== 3 || (mask && mask.rank !== 2)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `temporalActivationRegularization: ys is ${formatShape(ys.shape)}${mask ? ` and the mask ${formatShape(mask.shape)}` : ''}; ` +
        'they must be [batch, time, features] and [batch, time].',
    );
  }
  const time = ys.shape[1]!;
  if (time < 2) return ys.mul(0).sum();
  const live = mask && alignMask('temporalActivationRegularization', mask, ys);
  const clean = live ? where(live, ys, 0) : ys;
  const differences = clean.slice(1, 1, time - 1).sub(clean.slice(1, 0, time - 1));
  if (!live) return differences.square().mean();
  const both = live.slice(1, 1, time - 1).mul(live.slice(1, 0, time - 1));
  return maskedMean(where(both, differences, 0).square(), both);
}
