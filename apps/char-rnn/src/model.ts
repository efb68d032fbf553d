import { LanguageModelCell, Stacked, Unidirectional } from '@unroll/architectures';
import { type RecurrentCell, StackedCells, type State } from '@unroll/cells';
import { Dropout, Embedding, Linear } from '@unroll/layers';
import type { Rng, Tensor } from '@unroll/tensor';

export interface CharRnnOptions {
  /** Characters that the model tells apart. */
  readonly vocabularySize: number;
  /** From the input upwards. The lowest reads embeddings, whose size is its `inputSize`. */
  readonly cells: readonly RecurrentCell[];
  /** Rate of dropout after each cell. Default 0. */
  readonly dropout?: number;
  /** The character that stands for all unknown ones: its embedding is and stays 0, so it tells the model nothing. Default: none. */
  readonly unknown?: number;
  /** Draws the first embedding and output layer. */
  readonly rng: Rng;
}

/** What the model remembers of the text so far: a state per cell. */
export type CharRnnState = readonly State[];

export interface CharRnnCallOptions {
  /** Default: nothing has been read yet. */
  readonly state?: CharRnnState | undefined;
  /** [batch, time]: 1 live, 0 padding. */
  readonly mask?: Tensor | undefined;
  /** Given while training: dropout draws from it. */
  readonly rng?: Rng | undefined;
}

/** Guesses each next character from all before it: embedding → recurrent cells → linear (Graves 2013, Karpathy 2015). */
export class CharRnn {
  readonly embedding: Embedding;
  readonly recurrent: Stacked;
  readonly output: Linear;
  readonly #cells: readonly RecurrentCell[];
  readonly #dropout: Dropout;

  constructor({ vocabularySize, cells, dropout = 0, unknown, rng }: CharRnnOptions) {
    this.#cells = cells;
    this.recurrent = new Stacked({ layers: cells.map((cell) => new Unidirectional({ cell })), dropout });
    const padding = unknown === undefined ? {} : { paddingIndex: unknown };
    this.embedding = new Embedding({ count: vocabularySize, size: this.recurrent.inputSize, rng, ...padding });
    this.output = new Linear({ inputSize: this.recurrent.outputSize, outputSize: vocabularySize, rng });
    this.#dropout = new Dropout({ rate: dropout });
  }

  /** tokens is int32 [batch, time]; gives the logits of each next character [batch, time, vocabularySize], and the state. */
  forward(
    tokens: Tensor,
    { state, mask, rng }: CharRnnCallOptions = {},
  ): readonly [logits: Tensor, state: CharRnnState] {
    const [ys, final] = this.recurrent.forward(this.embedding.forward(tokens), { state, mask, rng });
    return [this.output.forward(this.#dropout.forward(ys, { rng })), final];
  }

  /** The same model one character at a time, without dropout: for writing. */
  stepwise(): LanguageModelCell<CharRnnState> {
    const { embedding, output } = this;
    return new LanguageModelCell({ embedding, cell: new StackedCells({ cells: this.#cells }), output });
  }
}
