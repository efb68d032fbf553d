import type { RecurrentCell, State } from '@unroll/cells';
import { type Tensor, concat, logSoftmax } from '@unroll/tensor';
import { gatherRows } from '../gather-rows.ts';

/** What a scoring cell is made from. */
export interface ScoringCellOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
  readonly alignmentOf?: ((state: S) => Tensor) | undefined;
  /** Positions of the source; 0 where no alignment is wanted. */
  readonly source: number;
}

/**
 * One step of a search as a cell: each row first takes over the state of the row that it goes on from, so that choosing among hypotheses never
 * leaves the backend. x is int32 [rows, 2]: the token, and the row that it follows; y is [rows, vocabulary + source]: the
 * log-probabilities of the next token, and where the model looked.
 */
export class ScoringCell<S extends State> implements RecurrentCell<S> {
  readonly inputSize = 2;
  readonly outputSize: number;
  readonly #options: ScoringCellOptions<S>;

  constructor(options: ScoringCellOptions<S>) {
    this.#options = options;
    this.outputSize = options.cell.outputSize + options.source;
  }

  initialState(batch: number): S {
    return this.#options.cell.initialState(batch);
  }

  step(x: Tensor, state: S): readonly [y: Tensor, next: S] {
    const { cell, alignmentOf, source } = this.#options;
    const [token, row] = x.split(1, 2);
    const [logits, next] = cell.step(token, gatherRows(state, row.squeeze(1)));
    const scores = logSoftmax(logits);
    return [alignmentOf && source > 0 ? concat([scores, alignmentOf(next)], 1) : scores, next];
  }
}
