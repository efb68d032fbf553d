import { UnrollError, formatShape } from '@unroll/backend';
import type { State } from '@unroll/cells';
import type { Tensor } from '@unroll/tensor';
import type { SequenceLayer, SequenceOptions } from '../sequence-layer.ts';
import type { Pooling } from './pooling.ts';

export interface ManyToOneOptions<S extends State> {
  readonly layer: SequenceLayer<S>;
  /** `lastState()`, `meanPooling`, `maxPooling`, `new AttentionPooling(…)`. */
  readonly pooling: Pooling;
}

/** A sequence in, one vector out: a layer, and what is made of all that it gives. */
export class ManyToOne<S extends State> {
  readonly layer: SequenceLayer<S>;
  readonly pooling: Pooling;
  readonly inputSize: number;
  readonly outputSize: number;

  constructor({ layer, pooling }: ManyToOneOptions<S>) {
    this.layer = layer;
    this.pooling = pooling;
    this.inputSize = layer.inputSize;
    this.outputSize = pooling.outputSize(layer.outputSize);
  }

  /**
   * xs is [batch, time, inputSize], y is [batch, outputSize].
   * @throws UnrollError SHAPE_MISMATCH if the pooling gives another size than it says
   */
  forward(xs: Tensor, options: SequenceOptions<S> = {}): readonly [y: Tensor, final: S] {
    const [ys, final] = this.layer.forward(xs, options);
    const y = this.pooling.pool({ ys, final, mask: options.mask });
    if (y.shape[1] === this.outputSize) return [y, final];
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `ManyToOne: the pooling gave ${formatShape(y.shape)} instead of [batch, ${this.outputSize}]. For lastState, say the size of what it takes.`,
    );
  }
}
