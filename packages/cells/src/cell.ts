import type { Tensor, TensorTree } from '@unroll/tensor';
import type { Draw } from './draw.ts';

/** What a cell remembers from step to step: tensors [batch, …], bare, named (`{ h, c }`) or in lists (a stack). */
export type State = TensorTree;

/**
 * A model over time: an initial state, and one step. Whatever has the first four members is a cell: LSTM and GRU, stacks of cells,
 * wrappers around a cell, a decoder bound to its source. `scan` runs it along a sequence.
 */
export interface RecurrentCell<S extends State = State> {
  /** Features of x. */
  readonly inputSize: number;
  /** Features of y. */
  readonly outputSize: number;
  /** The state before the first step: leaves are [batch, …]. `scan` casts it to the dtype of its input. */
  initialState(batch: number): S;
  /** x is [batch, inputSize], y is [batch, outputSize]; `next` has the structure and shapes of `state`. Pure: tensor ops only. */
  step(x: Tensor, state: S): readonly [y: Tensor, next: S];
  /**
   * The cell for one run while training: a cell of the same sizes and state, whose steps use noise that is drawn here. Without it,
   * nothing is random. A wrapper passes it on to the cell that it wraps.
   */
  drawn?(draw: Draw): RecurrentCell<S>;
}
