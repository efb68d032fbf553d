import { checkGiven } from '@unroll/backend';
import { type Draw, type RecurrentCell, type State, drawnCell, checkCell } from '@unroll/cells';
import type { Embedding } from '@unroll/layers';
import { type Rng, type Tensor, checkRng, concat, full, ones, where } from '@unroll/tensor';

/** The state of the model, and what it would have said, int32 [batch, 1]. */
export type SampledState<S extends State> = { readonly model: S; readonly token: Tensor };

export interface ScheduledSamplingOptions<S extends State> {
  /** Reads embeddings. */
  readonly cell: RecurrentCell<S>;
  readonly embedding: Embedding;
  /** Makes logits of what the cell gives. */
  readonly output: { forward(y: Tensor): Tensor };
}

/**
 * A cell that reads the true token or its own, step by step (scheduled sampling; Bengio et al. 2015). Its state holds the likeliest token by the
 * last step; the last feature of x says which is read: 1 the true one, whose embedding stands before it, 0 its own. No derivative goes through
 * the choice. `withCoins` makes its input.
 */
export class ScheduledSampling<S extends State = State> implements RecurrentCell<SampledState<S>> {
  readonly cell: RecurrentCell<S>;
  readonly embedding: Embedding;
  readonly output: ScheduledSamplingOptions<S>['output'];

  constructor({ cell, embedding, output }: ScheduledSamplingOptions<S>) {
    checkCell('ScheduledSampling', cell);
    checkGiven('ScheduledSampling', { embedding, output });
    this.cell = cell;
    this.embedding = embedding;
    this.output = output;
  }

  get inputSize(): number {
    return this.cell.inputSize + 1;
  }

  get outputSize(): number {
    return this.cell.outputSize;
  }

  initialState(batch: number): SampledState<S> {
    return this.startFrom(this.cell.initialState(batch), batch);
  }

  startFrom(model: S, batch: number): SampledState<S> {
    const { backend } = this.embedding.weight.value;
    return { model, token: full([batch, 1], 0, { dtype: 'int32', backend }) };
  }

  /** x is [batch, inputSize], y is [batch, outputSize]. */
  step(x: Tensor, state: SampledState<S>): readonly [y: Tensor, next: SampledState<S>] {
    return this.#step(this.cell, x, state);
  }

  drawn(draw: Draw): RecurrentCell<SampledState<S>> {
    const cell = drawnCell(this.cell, draw);
    const { inputSize, outputSize } = this;
    return {
      inputSize,
      outputSize,
      initialState: (batch) => this.initialState(batch),
      step: (x, state) => this.#step(cell, x, state),
    };
  }

  #step(
    cell: RecurrentCell<S>,
    x: Tensor,
    { model, token }: SampledState<S>,
  ): readonly [y: Tensor, next: SampledState<S>] {
    const [truth, coin] = x.split(1, [cell.inputSize, 1]);
    const own = this.embedding.forward(token.squeeze(1));
    const [y, next] = cell.step(where(coin, truth, own), model);
    return [y, { model: next, token: this.output.forward(y).argmax(1).expandDims(1) }];
  }
}

/**
 * The input of `ScheduledSampling`: xs [batch, time, features] with a coin beside each, 1 with probability `ratio`; the first is always 1, as the
 * model has said nothing yet.
 */
export function withCoins(xs: Tensor, ratio: number, rng: Rng): Tensor {
  checkRng('withCoins', rng);
  const [batch, time] = xs.shape as [number, number, number];
  const options = { dtype: xs.dtype, backend: xs.backend };
  const rest = rng.bernoulli([batch, Math.max(0, time - 1), 1], ratio, options);
  return concat([xs, concat([ones([batch, Math.min(1, time), 1], options), rest], 1)], 2);
}
