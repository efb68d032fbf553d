import { type SequenceLayer, Stacked, Unidirectional } from '@unroll/architectures';
import { type GruCell, LstmCell, type State } from '@unroll/cells';
import { Dropout, Embedding, Linear, crossEntropy } from '@unroll/layers';
import type { Rng, Tensor } from '@unroll/tensor';
import type { LossContext, LossResult } from '../src/index.ts';

export interface TinyOptions {
  /** The number of tokens. */
  readonly vocabulary: number;
  readonly embedding?: number;
  readonly hidden: number;
  readonly layers?: number;
  readonly cell?: typeof LstmCell | typeof GruCell;
  /** Default 0. */
  readonly dropout?: number;
  readonly rng: Rng;
}

/** Tokens and the ones after them, int32 [batch, time]. */
export interface Pair {
  readonly inputs: Tensor;
  readonly targets: Tensor;
  /** [batch, time] */
  readonly mask?: Tensor;
}

/** Embedding, recurrent layers, projection: the smallest model that needs everything that a real one does. */
export class TinyLanguageModel {
  readonly embedding: Embedding;
  readonly layers: SequenceLayer<readonly State[]>;
  readonly output: Linear;
  readonly #dropout: Dropout;

  constructor({ vocabulary, embedding = 8, hidden, layers = 1, cell: Cell = LstmCell, dropout = 0, rng }: TinyOptions) {
    this.embedding = new Embedding({ count: vocabulary, size: embedding, rng });
    this.layers = new Stacked({
      layers: Array.from({ length: layers }, (_, i): SequenceLayer => {
        return new Unidirectional<State>({
          cell: new Cell({ inputSize: i === 0 ? embedding : hidden, hiddenSize: hidden, rng }),
        });
      }),
      dropout,
    });
    this.output = new Linear({ inputSize: hidden, outputSize: vocabulary, rng });
    this.#dropout = new Dropout({ rate: dropout });
  }

  /** Tokens int32 [batch, time] → logits [batch, time, vocabulary]. */
  forward(
    tokens: Tensor,
    options: {
      readonly state?: readonly State[] | undefined;
      readonly mask?: Tensor | undefined;
      readonly rng?: Rng | undefined;
    } = {},
  ): readonly [logits: Tensor, final: readonly State[]] {
    const [ys, final] = this.layers.forward(this.embedding.forward(tokens), options);
    return [this.output.forward(this.#dropout.forward(ys, { rng: options.rng })), final];
  }

  /** For `fit`; with a mask over the batch's live tokens. */
  readonly loss = (
    { inputs, targets, mask }: Pair,
    { carry, rng }: LossContext<readonly State[]>,
  ): LossResult<readonly State[]> => {
    const [logits, final] = this.forward(inputs, { state: carry, mask, rng });
    return { loss: crossEntropy(logits, targets, { mask }), carry: final };
  };
}
