import { LstmCell, type LstmState, type RecurrentCell, scan } from '@unroll/cells';
import { Rng, type Tensor, zeros } from '@unroll/tensor';

const rng: Rng = new Rng(1);
const cell: RecurrentCell<LstmState> = new LstmCell({ inputSize: 3, hiddenSize: 4, rng });
const [ys, final]: readonly [Tensor, LstmState] = scan(cell, rng.normal([2, 5, 3]));
export const shapes: readonly (readonly number[])[] = [ys.shape, final.h.shape, final.c.shape];

/** The sum of all inputs so far. */
export class Sum implements RecurrentCell<Tensor> {
  readonly inputSize = 3;
  readonly outputSize = 3;
  initialState(batch: number): Tensor {
    return zeros([batch, 3]);
  }
  step(x: Tensor, state: Tensor): readonly [y: Tensor, next: Tensor] {
    const next = state.add(x);
    return [next, next];
  }
}

// Were the types not found, all would be `any`, and these no errors.
// @ts-expect-error a size is a number
void new LstmCell({ inputSize: '3', hiddenSize: 4, rng });
// @ts-expect-error there is no such state
void final.hidden;
