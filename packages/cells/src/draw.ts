import { checkCell } from './check-cell.ts';
import { checkGiven } from '@unroll/backend';
import type { Rng, Shape, Tensor } from '@unroll/tensor';
import type { RecurrentCell, State } from './cell.ts';

/** What a cell draws its noise from, for one run while training. */
export interface Draw {
  readonly rng: Rng;
  /** Sequences in the batch. */
  readonly batch: number;
  /** Noise takes its dtype and its backend. */
  readonly like: Tensor;
  /**
   * Noise that is new at each step: `sample` draws it in the shape that it is given, whose last axis has length `size`. Gives a
   * function that a step calls for its own [batch, size].
   */
  perStep(size: number, sample: (shape: Shape) => Tensor): () => Tensor;
}

/** Where the noise of a loop of one's own comes from. */
export interface DrawCellOptions {
  readonly rng: Rng;
  /** Sequences in the batch. */
  readonly batch: number;
  /** Noise takes its dtype and its backend: say the input. */
  readonly like: Tensor;
}

/**
 * A cell with its noise drawn, for a loop over `step` of one's own (`scan` with an `rng` does it by itself): what is drawn once per
 * sequence is drawn now, what is drawn per step when the step is taken. Where nothing is random, the cell itself.
 */
export function drawCell<S extends State>(cell: RecurrentCell<S>, options: DrawCellOptions): RecurrentCell<S> {
  checkCell('drawCell', cell);
  checkGiven('drawCell', { options });
  const { batch } = options;
  return drawnCell(cell, { ...options, perStep: (size, sample) => () => sample([batch, size]) });
}

/** A cell inside another, with its noise drawn: what the `drawn` of a wrapper does with the cell that it wraps. */
export function drawnCell<S extends State>(cell: RecurrentCell<S>, draw: Draw): RecurrentCell<S> {
  return cell.drawn?.(draw) ?? cell;
}

/** A cell that takes other steps; sizes and initial state stay. */
export function withStep<S extends State>(cell: RecurrentCell<S>, step: RecurrentCell<S>['step']): RecurrentCell<S> {
  return {
    inputSize: cell.inputSize,
    outputSize: cell.outputSize,
    initialState: (batch) => cell.initialState(batch),
    step,
  };
}
