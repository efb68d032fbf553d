import { UnrollError } from '@unroll/backend';
import { type RecurrentCell, checkCell, type State, scan } from '@unroll/cells';
import type { Tensor } from '@unroll/tensor';
import { type Merge, concatMerge } from './merge.ts';
import type { SequenceLayer, SequenceOptions } from './sequence-layer.ts';

/** What the two directions give. Final states: after the last live step, and after the first. */
export type BothDirections<F extends State, B extends State> = { readonly forward: F; readonly backward: B };

export interface BidirectionalOptions<F extends State, B extends State> {
  /** Reads left to right. */
  readonly forwardCell: RecurrentCell<F>;
  /** Reads right to left; a cell of its own. */
  readonly backwardCell: RecurrentCell<B>;
  /** Default `concatMerge`. */
  readonly merge?: Merge;
}

/** One cell reads left to right, another right to left; each position knows what stands on both sides (Schuster & Paliwal 1997). */
export class Bidirectional<F extends State = State, B extends State = State> implements SequenceLayer<
  BothDirections<F, B>
> {
  readonly forwardCell: RecurrentCell<F>;
  readonly backwardCell: RecurrentCell<B>;
  readonly merge: Merge;
  readonly inputSize: number;
  readonly outputSize: number;

  /** @throws UnrollError SHAPE_MISMATCH if the cells do not fit each other or the merge; INVALID_ARGUMENT if they are one */
  constructor({ forwardCell, backwardCell, merge = concatMerge }: BidirectionalOptions<F, B>) {
    checkCell('Bidirectional: forwardCell', forwardCell);
    checkCell('Bidirectional: backwardCell', backwardCell);
    if ((forwardCell as RecurrentCell) === (backwardCell as RecurrentCell)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        'Bidirectional: both directions are the same cell. Make two, as each learns its own weights.',
      );
    }
    if (forwardCell.inputSize !== backwardCell.inputSize) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `Bidirectional: the cells want ${forwardCell.inputSize} and ${backwardCell.inputSize} input features; they read the same sequence.`,
      );
    }
    const outputSize = merge.outputSize(forwardCell.outputSize, backwardCell.outputSize);
    if (!Number.isInteger(outputSize)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `Bidirectional: this merge needs equal output sizes, got ${forwardCell.outputSize} and ${backwardCell.outputSize}. Use concatMerge.`,
      );
    }
    this.forwardCell = forwardCell;
    this.backwardCell = backwardCell;
    this.merge = merge;
    this.inputSize = forwardCell.inputSize;
    this.outputSize = outputSize;
  }

  /** xs is [batch, time, inputSize], ys is [batch, time, outputSize]. */
  forward(
    xs: Tensor,
    options: SequenceOptions<BothDirections<F, B>> = {},
  ): readonly [ys: Tensor, final: BothDirections<F, B>] {
    const [{ forward, backward }, final] = this.directions(xs, options);
    return [this.merge.merge(forward, backward), final];
  }

  /** The two directions unmerged, aligned with xs: each [batch, time, features] of its cell. */
  directions(
    xs: Tensor,
    { state, mask, rng }: SequenceOptions<BothDirections<F, B>> = {},
  ): readonly [ys: BothDirections<Tensor, Tensor>, final: BothDirections<F, B>] {
    const [left, forward] = scan(this.forwardCell, xs, { state: state?.forward, mask, rng });
    // Reversing data and mask together puts the padding first, where a masked step carries the initial state through.
    const [right, backward] = scan(this.backwardCell, xs.reverse(1), {
      state: state?.backward,
      mask: mask?.reverse(1),
      rng,
    });
    return [
      { forward: left, backward: right.reverse(1) },
      { forward, backward },
    ];
  }
}
