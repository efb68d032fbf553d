import type { RecurrentCell, State } from '@unroll/cells';
import type { Rng, Tensor } from '@unroll/tensor';

/** How a sequence is run through a layer. */
export interface SequenceOptions<S extends State> {
  /** The state before the first step. Default: the initial state of the cells. */
  readonly state?: S | undefined;
  /** [batch, time]: 1 live, 0 padding. A masked step keeps the state and outputs 0. */
  readonly mask?: Tensor | undefined;
  /** Given while training: layers that drop out draw from it. */
  readonly rng?: Rng | undefined;
}

/** Sequence in, sequence out: xs [batch, time, inputSize] → ys [batch, time, outputSize], and always the final state. */
export interface SequenceLayer<S extends State = State> {
  readonly inputSize: number;
  readonly outputSize: number;
  forward(xs: Tensor, options?: SequenceOptions<S>): readonly [ys: Tensor, final: S];
  /** The same step by step, with the same state and parameters, for `cellOf`. Left out where a step needs what comes after it. */
  asCell?(): RecurrentCell<S>;
}
