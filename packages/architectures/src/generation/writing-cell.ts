import type { RecurrentCell, State } from '@unroll/cells';
import { type Tensor, full, where } from '@unroll/tensor';

/** A token that was chosen and not yet read, int32 [batch, 1], and the state of the model before it is read. */
export type WritingState<S extends State> = { readonly token: Tensor; readonly model: S };

/** What stands for a token where the logits are not finite. */
export const NO_TOKEN = -1;

/**
 * A model that reads what it writes, as a cell: the token is part of the state, so that many are written without leaving the backend.
 * x is not looked at; y is the chosen token, int32 [batch, 1], `NO_TOKEN` where the largest logit is not finite.
 */
export class WritingCell<S extends State> implements RecurrentCell<WritingState<S>> {
  readonly inputSize = 1;
  readonly outputSize = 1;
  readonly #cell: RecurrentCell<S>;
  readonly #choose: (logits: Tensor) => Tensor;

  /** `choose` makes int32 [batch] of the logits. */
  constructor(cell: RecurrentCell<S>, choose: (logits: Tensor) => Tensor) {
    this.#cell = cell;
    this.#choose = choose;
  }

  initialState(batch: number): WritingState<S> {
    return { token: full([batch, 1], 0, { dtype: 'int32' }), model: this.#cell.initialState(batch) };
  }

  step(_x: Tensor, { token, model }: WritingState<S>): readonly [y: Tensor, next: WritingState<S>] {
    const [logits, next] = this.#cell.step(token, model);
    const chosen = this.#choose(logits).expandDims(1);
    const largest = logits.max(1, { keepDims: true });
    // Only what is finite is 0 when it is taken from itself.
    const y = where(largest.sub(largest).equal(0), chosen, NO_TOKEN);
    return [y, { token: chosen, model: next }];
  }
}
