import { checkLayer } from '../check-layer.ts';
import { UnrollError } from '@unroll/backend';
import { type RecurrentCell, Residual, type State } from '@unroll/cells';
import type { Tensor } from '@unroll/tensor';
import { cellOf } from '../cell-of.ts';
import { atLiveSteps } from '../many-to-many.ts';
import type { SequenceLayer, SequenceOptions } from '../sequence-layer.ts';

export interface ResidualLayerOptions<S extends State> {
  /** Gives as many features as it takes. */
  readonly layer: SequenceLayer<S>;
}

/** A sequence layer with a connection around it: ys = xs + layer(xs) (He et al. 2016; between recurrent layers in Wu et al. 2016). */
export class ResidualLayer<S extends State = State> implements SequenceLayer<S> {
  readonly layer: SequenceLayer<S>;
  readonly inputSize: number;
  readonly outputSize: number;

  /** @throws UnrollError SHAPE_MISMATCH if the layer takes and gives different numbers of features */
  constructor({ layer }: ResidualLayerOptions<S>) {
    checkLayer('ResidualLayer', layer);
    if (layer.inputSize !== layer.outputSize) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `ResidualLayer: the layer takes ${layer.inputSize} features and gives ${layer.outputSize}; what is added up must be equal. ` +
          'Halve the hidden size of two directions, or put a layer of the right size below.',
      );
    }
    this.layer = layer;
    this.inputSize = layer.inputSize;
    this.outputSize = layer.outputSize;
  }

  /** xs and ys are [batch, time, inputSize]; ys is 0 at masked steps. */
  forward(xs: Tensor, options: SequenceOptions<S> = {}): readonly [ys: Tensor, final: S] {
    const [ys, final] = this.layer.forward(xs, options);
    return [atLiveSteps(xs, options.mask).add(ys), final];
  }

  asCell(): RecurrentCell<S> {
    return new Residual({ cell: cellOf(this.layer) });
  }
}
