import { UnrollError, checkGiven } from '@unroll/backend';
import { type RecurrentCell, type State, checkCell } from '@unroll/cells';
import { type Embedding, type Linear, embedding } from '@unroll/layers';
import type { Tensor } from '@unroll/tensor';

/** What a language model is made of. */
export interface LanguageModelCellOptions<S extends State> {
  readonly embedding: Embedding;
  /** Reads embeddings. `StackedCells` for several layers. */
  readonly cell: RecurrentCell<S>;
  /** Gives the logits. */
  readonly output: Linear;
}

/**
 * A recurrent language model, one token at a time, as a cell: embedding → cell → linear, so that the logits of the next token follow
 * from the last one and the state (Mikolov et al. 2010). x is int32 [batch, 1], y the logits [batch, vocabulary]. `generate` writes
 * with it, `Stream` steps through it.
 */
export class LanguageModelCell<S extends State = State> implements RecurrentCell<S> {
  readonly embedding: Embedding;
  readonly cell: RecurrentCell<S>;
  readonly output: Linear;
  readonly inputSize = 1;

  /** @throws UnrollError SHAPE_MISMATCH if embedding, cell and output do not fit */
  constructor({ embedding: table, cell, output }: LanguageModelCellOptions<S>) {
    checkCell('LanguageModelCell', cell);
    checkGiven('LanguageModelCell', { embedding: table, output });
    if (table.size !== cell.inputSize || cell.outputSize !== output.inputSize) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `LanguageModelCell: the embedding gives ${table.size} features, the cell reads ${cell.inputSize} and gives ${cell.outputSize}, ` +
          `the output reads ${output.inputSize}.`,
      );
    }
    this.embedding = table;
    this.cell = cell;
    this.output = output;
  }

  /** The size of the vocabulary. */
  get outputSize(): number {
    return this.output.outputSize;
  }

  initialState(batch: number): S {
    return this.cell.initialState(batch);
  }

  /** x is int32 [batch, 1]; logits are [batch, vocabulary]. */
  step(x: Tensor, state: S): readonly [logits: Tensor, next: S] {
    const [y, next] = this.cell.step(embedding(x.squeeze(1), this.embedding.weight), state);
    return [this.output.forward(y), next];
  }
}
