import { checkLayer } from '../check-layer.ts';
import { UnrollError, formatShape } from '@unroll/backend';
import type { RecurrentCell, State } from '@unroll/cells';
import { Dropout, type Linear } from '@unroll/layers';
import type { Tensor } from '@unroll/tensor';
import { cellOf } from '../cell-of.ts';
import type { SequenceLayer, SequenceOptions } from '../sequence-layer.ts';
import { PoolingCell } from './pooling-cell.ts';
import type { Pooling } from './pooling.ts';

export interface ManyToOneOptions<S extends State> {
  readonly layer: SequenceLayer<S>;
  /** `lastState()`, `meanPooling`, `maxPooling`, `new AttentionPooling(…)`. */
  readonly pooling: Pooling;
  /** Reads what the pooling gives: logits of a class, a forecast. Default: y is what the pooling gives. */
  readonly output?: Linear;
  /** Rate of dropout of what the pooling gives, in a call with an rng. Default 0. */
  readonly dropout?: number;
}

/** A sequence in, one vector out: a layer, what is made of all that it gives, and for a classifier a linear map of that. */
export class ManyToOne<S extends State = State> {
  readonly layer: SequenceLayer<S>;
  readonly pooling: Pooling;
  readonly output: Linear | undefined;
  readonly dropout: Dropout;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #pooledSize: number;

  /**
   * @throws UnrollError SHAPE_MISMATCH if the output does not read what the pooling gives; INVALID_ARGUMENT for what is no pooling, and for a
   * rate of dropout outside [0, 1]
   */
  constructor({ layer, pooling, output, dropout = 0 }: ManyToOneOptions<S>) {
    checkLayer('ManyToOne', layer);
    checkPooling(pooling);
    const pooledSize = pooling.outputSize(layer.outputSize);
    if (output && output.inputSize !== pooledSize) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `ManyToOne: the pooling gives ${pooledSize} features, the output reads ${output.inputSize}.`,
      );
    }
    this.layer = layer;
    this.pooling = pooling;
    this.output = output;
    this.dropout = new Dropout({ rate: dropout });
    this.inputSize = layer.inputSize;
    this.outputSize = output?.outputSize ?? pooledSize;
    this.#pooledSize = pooledSize;
  }

  /**
   * xs is [batch, time, inputSize], y is [batch, outputSize].
   * @throws UnrollError SHAPE_MISMATCH if the pooling gives another size than it says
   */
  forward(xs: Tensor, options: SequenceOptions<S> = {}): readonly [y: Tensor, final: S] {
    const [ys, final] = this.layer.forward(xs, options);
    const pooled = this.pooling.pool({ ys, final, mask: options.mask });
    if (pooled.shape[1] === this.#pooledSize) {
      const y = this.dropout.forward(pooled, { rng: options.rng });
      return [this.output ? this.output.forward(y) : y, final];
    }
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `ManyToOne: the pooling gave ${formatShape(pooled.shape)} instead of [batch, ${this.#pooledSize}]. For lastState, say the size of what it takes.`,
    );
  }

  /**
   * What it says of all that came so far, after each step.
   * @throws UnrollError INVALID_ARGUMENT for a pooling that reads more than the state
   */
  asCell(): RecurrentCell<S> {
    const { layer, pooling, output, outputSize } = this;
    const poolState = pooling.poolState?.bind(pooling);
    if (!poolState) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        'ManyToOne: its pooling reads the whole sequence, so it has no answer after each step. Take lastState().',
      );
    }
    return new PoolingCell({ cell: cellOf(layer), pool: poolState, output, outputSize });
  }
}

/** `lastState` makes a pooling, and plain JavaScript does not notice where it was not called. */
function checkPooling(pooling: Pooling): void {
  const given: unknown = pooling;
  if (typeof given === 'object' && given !== null && 'pool' in given) return;
  const what = typeof given === 'function' ? 'a function' : typeof given;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `ManyToOne: the pooling is ${what}. Give lastState(), meanPooling, maxPooling or new AttentionPooling({ … }).`,
  );
}
