import { checkLayer } from './check-layer.ts';
import { UnrollError, checkGiven } from '@unroll/backend';
import { Projected, type RecurrentCell, type State } from '@unroll/cells';
import type { Linear } from '@unroll/layers';
import { type Tensor, where } from '@unroll/tensor';
import { cellOf } from './cell-of.ts';
import type { SequenceLayer, SequenceOptions } from './sequence-layer.ts';

export interface ManyToManyOptions<S extends State> {
  readonly layer: SequenceLayer<S>;
  /** Read at each step: logits of a tag, a forecast. */
  readonly output: Linear;
}

/** One output for each input: a layer, and a linear map at every step. */
export class ManyToMany<S extends State = State> implements SequenceLayer<S> {
  readonly layer: SequenceLayer<S>;
  readonly output: Linear;
  readonly inputSize: number;
  readonly outputSize: number;

  /** @throws UnrollError SHAPE_MISMATCH if the output does not read what the layer gives */
  constructor({ layer, output }: ManyToManyOptions<S>) {
    checkLayer('ManyToMany', layer);
    checkGiven('ManyToMany', { output });
    if (layer.outputSize !== output.inputSize) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `ManyToMany: the layer gives ${layer.outputSize} features, the output reads ${output.inputSize}.`,
      );
    }
    this.layer = layer;
    this.output = output;
    this.inputSize = layer.inputSize;
    this.outputSize = output.outputSize;
  }

  /** xs is [batch, time, inputSize], ys is [batch, time, outputSize], 0 at masked steps. */
  forward(xs: Tensor, options: SequenceOptions<S> = {}): readonly [ys: Tensor, final: S] {
    const [ys, final] = this.layer.forward(xs, options);
    return [atLiveSteps(this.output.forward(ys), options.mask), final];
  }

  asCell(): RecurrentCell<S> {
    return new Projected({ cell: cellOf(this.layer), output: this.output });
  }
}

/** ys [batch, time, features], 0 where the mask [batch, time] is 0. */
export function atLiveSteps(ys: Tensor, mask: Tensor | undefined): Tensor {
  return mask ? where(mask.expandDims(2), ys, 0) : ys;
}
