import { UnrollError, checkGiven } from '@unroll/backend';
import type { OptimizerState, SavedTensor } from '@unroll/optim';
import { type Parameter, type Tensor, keep, scope, tensor, withParameterValues } from '@unroll/tensor';
import { dtypeOf, formatShape, sameShape } from '@unroll/backend';

export interface MovingAverageOptions {
  /** What is averaged: `parametersOf(model)`. */
  readonly parameters: readonly Parameter[];
  /**
   * How much of the old average stays, in [0, 1]: a number, or a function of the updates before. `(n) => n / (n + 1)` is the plain mean
   * of all values seen; `(n) => Math.min(0.999, (1 + n) / (10 + n))` forgets the start soon.
   */
  readonly decay: number | ((updates: number) => number);
}

/** Plain data, as an optimizer's. */
export type MovingAverageState = Pick<OptimizerState, 'tensors'> & { readonly updates: number };

/**
 * An average of a model's weights over the steps of its training, which often does better than the last weights:
 *
 *     a′ = d a + (1 − d) w        a starts as the weights w are
 *
 * With a constant decay d it is the exponential moving average (Polyak & Juditsky 1992; as in Tarvainen & Valpola 2017), with
 * d = n/(n + 1) the mean over the run, as in averaged SGD. The model's own values are not touched: `with` runs something as if they
 * were the averages.
 */
export class MovingAverage {
  readonly parameters: readonly Parameter[];
  readonly #decay: (updates: number) => number;
  #values: readonly Tensor[];
  #updates = 0;

  /** @throws UnrollError INVALID_ARGUMENT for a decay outside [0, 1] */
  constructor({ parameters, decay }: MovingAverageOptions) {
    checkGiven('MovingAverage', { parameters, decay });
    if (typeof decay === 'number' && !(decay >= 0 && decay <= 1)) {
      throw new UnrollError('INVALID_ARGUMENT', `MovingAverage: the decay is ${decay}; it must be from 0 to 1.`);
    }
    this.parameters = [...parameters];
    this.#decay = typeof decay === 'number' ? () => decay : decay;
    this.#values = copiesOf(this.parameters);
  }

  /** How many values have been taken in. */
  get updates(): number {
    return this.#updates;
  }

  /** The averages. They are this object's: `update`, `restore` and `dispose` free them. */
  get values(): ReadonlyMap<Parameter, Tensor> {
    return new Map(this.parameters.map((parameter, i) => [parameter, this.#values[i]!]));
  }

  /** Takes the present values of the parameters in. `fit` calls it after each step. */
  update(): void {
    const decay = this.#decay(this.#updates);
    const old = this.#values;
    this.#values = this.parameters.map(({ value }, i) => scope(() => keep(value.add(old[i]!.sub(value).mul(decay)))));
    for (const each of old) each.dispose();
    this.#updates++;
  }

  /**
   * Runs `fn` as if the parameters had the averages as values: `average.with(() => evaluate(model))`. Synchronous; of a function that
   * waits, what it does before it first waits: `await average.with(() => stateDict(model))` gives the averages to save.
   */
  with<T>(fn: () => T): T {
    return withParameterValues(this.values, fn);
  }

  /** Makes the averages the model's values, for good. */
  assign(): void {
    for (const [i, parameter] of this.parameters.entries()) parameter.value = this.#values[i]!.detach();
  }

  /** Starts anew from the present values of the parameters. */
  reset(): void {
    const old = this.#values;
    this.#values = copiesOf(this.parameters);
    for (const each of old) each.dispose();
    this.#updates = 0;
  }

  /** A copy of what must be saved to go on later. */
  async state(): Promise<MovingAverageState> {
    const updates = this.#updates;
    const reads = this.#values.map(async (value, i): Promise<[string, SavedTensor]> => {
      return [String(i), { shape: value.shape, data: await value.data() }];
    });
    return { updates, tensors: Object.fromEntries(await Promise.all(reads)) };
  }

  /**
   * Goes on from a saved state, to the bit.
   * @throws UnrollError STATE_MISMATCH if it was saved for other parameters; nothing is changed then
   */
  restore({ updates, tensors }: MovingAverageState): void {
    const saved = this.parameters.map(({ value }, i) => {
      const entry = tensors[i];
      if (entry && sameShape(entry.shape, value.shape) && dtypeOf(entry.data) === value.dtype) return entry;
      const found = entry ? `${dtypeOf(entry.data)} ${formatShape(entry.shape)}` : 'nothing';
      throw new UnrollError(
        'STATE_MISMATCH',
        `MovingAverage: the state holds ${found} for parameter ${i}, which is ${value.dtype} ${formatShape(value.shape)}. ` +
          'Give the same parameters, in the same order.',
      );
    });
    const old = this.#values;
    this.#values = saved.map(({ shape, data }, i) =>
      keep(tensor(data, { shape, backend: this.parameters[i]!.value.backend })),
    );
    for (const each of old) each.dispose();
    this.#updates = updates;
  }

  /** Gives the memory of the averages back. */
  dispose(): void {
    for (const value of this.#values) value.dispose();
  }
}

function copiesOf(parameters: readonly Parameter[]): readonly Tensor[] {
  return parameters.map(({ value }) => keep(value.detach()));
}
