import {
  type DType,
  Parameter,
  Rng,
  type Tensor,
  concat,
  full,
  mapTensors,
  tensor,
  tensorsOf,
  zeros,
} from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { RANDOM_OPS, SLOTS, randomOp } from './random-op.ts';

export interface Sizes {
  readonly batch: number;
  readonly inputSize: number;
  readonly hidden: number;
}

export interface RandomCellOptions {
  /** Default float32. */
  readonly dtype?: DType;
}

/**
 * A cell of random equations that a loop can hold: each draw of `choices` picks an op, an operand, or what becomes of the results. States may
 * have one next value in common, stay as they are, become each other, or be a parameter, a constant or the input; the output may be a
 * state, old or new, a parameter or the input.
 */
export class RandomCell implements RecurrentCell {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly sizes: Sizes;
  readonly dtype: DType;
  readonly choices: readonly number[];
  readonly parameters: Parameter[] = [];
  readonly rng: Rng;
  /** Of the places that an attention looks at. */
  readonly mask: Tensor;
  #used = 0;

  constructor(choices: readonly number[], sizes: Sizes, { dtype = 'float32' }: RandomCellOptions = {}) {
    this.inputSize = sizes.inputSize;
    this.sizes = sizes;
    this.dtype = dtype;
    this.choices = choices;
    this.rng = new Rng(choices[0]!);
    this.mask = tensor([[1, 1, choices[0]! % 2]], { dtype });
    const [y] = this.step(zeros([sizes.batch, sizes.inputSize], { dtype }), this.initialState(sizes.batch));
    this.outputSize = y.shape[1]!;
  }

  initialState(batch: number): State {
    const { hidden } = this.sizes;
    const { dtype } = this;
    const h = zeros([batch, hidden], { dtype });
    const states = [
      h,
      [h, h],
      { a: h, b: h, c: h },
      { a: h, b: [h] },
      { m: zeros([batch, SLOTS, hidden], { dtype }), h },
    ];
    return states[this.choices[1]! % states.length]!;
  }

  /** The next of the cell's parameters, the same in each step. */
  parameter(...shape: readonly number[]): Tensor {
    const i = this.#used++;
    this.parameters[i] ??= new Parameter(this.rng.normal(shape, { std: 0.5, dtype: this.dtype }));
    return this.parameters[i].value;
  }

  step(x: Tensor, state: State): readonly [Tensor, State] {
    let at = 2;
    const pick = (count: number): number => this.choices[at++ % this.choices.length]! % count;
    this.#used = 0;
    const { batch, hidden, inputSize } = this.sizes;
    const { mask, dtype } = this;
    const parameter = (...shape: readonly number[]): Tensor => this.parameter(...shape);
    const leaves = tensorsOf(state).map((leaf) => (leaf.rank === 3 ? leaf.sum(1) : leaf));
    const pool = [...leaves, x.matmul(parameter(hidden, inputSize), { transposeB: true })];
    const any = (): Tensor => pool[pick(pool.length)]!;
    const ops = 3 + pick(8);
    for (let i = 0; i < ops; i++)
      pool.push(...randomOp(pick(RANDOM_OPS), { a: any(), b: any(), x, mask, parameter, pick }));
    const recent = (): Tensor => pool[pool.length - 1 - pick(4)]!;
    let shared: Tensor | undefined;
    let i = 0;
    const next = mapTensors(state, (leaf) => {
      const own = leaves[i]!;
      const value = [
        () => recent().tanh(),
        () => recent().sigmoid().mul(own),
        () => own,
        // One tensor that is the next value of all states that come here.
        () => (shared ??= recent().tanh()),
        // A state that is another one, a step later.
        () => leaves[(i + 1) % leaves.length]!,
        () => concat([x, recent().tanh()], 1).slice(1, inputSize, hidden),
        () => parameter(batch, hidden),
        () => full([batch, hidden], 0.25, { dtype }),
        // The input of the step before.
        () => (inputSize === hidden ? x : own),
      ][pick(9)]!();
      i++;
      if (leaf.rank === 2) return value;
      return leaf.mul(0.5).add(value.expandDims(1).mul(parameter(SLOTS, 1)));
    });
    const first = tensorsOf(next)[0]!;
    const y = [
      () => recent(),
      () => (first.rank === 2 ? first : first.reshape([batch, SLOTS * hidden])),
      () => recent().tanh().matmul(parameter(hidden, 2)).add(parameter(2)),
      () => concat([recent(), x], 1),
      () => leaves[0]!,
      () => recent().mul(recent()),
      () => x,
      () => parameter(1, 2).broadcastTo([batch, 2]),
    ][pick(8)]!();
    return [y, next];
  }
}
