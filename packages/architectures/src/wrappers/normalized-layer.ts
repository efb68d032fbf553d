import { checkLayer } from '../check-layer.ts';
import { LayerNormed, type RecurrentCell, type State } from '@unroll/cells';
import { LayerNorm } from '@unroll/layers';
import type { Tensor } from '@unroll/tensor';
import { cellOf } from '../cell-of.ts';
import { atLiveSteps } from '../many-to-many.ts';
import type { SequenceLayer, SequenceOptions } from '../sequence-layer.ts';

export interface NormalizedLayerOptions<S extends State> {
  readonly layer: SequenceLayer<S>;
  /** Normalizes xs before the layer. Default: none. */
  readonly input?: LayerNorm;
  /** Normalizes ys behind the layer. Default: a new one, unless `input` is given. */
  readonly output?: LayerNorm;
}

/** A sequence layer between layer normalizations of each step (Ba, Kiros & Hinton 2016): ys = LN(layer(xs)), or layer(LN(xs)), or both. */
export class NormalizedLayer<S extends State = State> implements SequenceLayer<S> {
  readonly layer: SequenceLayer<S>;
  readonly input: LayerNorm | undefined;
  readonly output: LayerNorm | undefined;
  readonly inputSize: number;
  readonly outputSize: number;

  constructor({ layer, input, output }: NormalizedLayerOptions<S>) {
    checkLayer('NormalizedLayer', layer);
    this.layer = layer;
    this.input = input;
    this.output = output ?? (input ? undefined : new LayerNorm({ size: layer.outputSize }));
    this.inputSize = layer.inputSize;
    this.outputSize = layer.outputSize;
  }

  /** xs is [batch, time, inputSize], ys is [batch, time, outputSize], 0 at masked steps. */
  forward(xs: Tensor, options: SequenceOptions<S> = {}): readonly [ys: Tensor, final: S] {
    const { input, output } = this;
    // What stands in the padding may be no number, and its derivative goes through the norm.
    const read = input ? input.forward(atLiveSteps(xs, options.mask)) : xs;
    const [ys, final] = this.layer.forward(read, options);
    return [output ? atLiveSteps(output.forward(ys), options.mask) : ys, final];
  }

  asCell(): RecurrentCell<S> {
    const { input, output } = this;
    return new LayerNormed({ cell: cellOf(this.layer), ...(input && { input }), ...(output && { output }) });
  }
}
