import { UnrollError, checkGiven } from '@unroll/backend';
import { type Tensor, mapTensors, scope, where } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { type Draw, drawnCell, withStep } from '../draw.ts';
import { leavesByPath } from '../state.ts';
import { CellWrapper } from './cell-wrapper.ts';
import { checkRate } from './locked-dropout.ts';

export interface ZoneoutOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
  /** The probability of keeping an old element: one for the whole state, or by the name of the leaf, as `{ h: 0.05, c: 0.5 }`. */
  readonly rate: number | Readonly<Record<string, number>>;
}

/**
 * Zoneout (Krueger et al. 2017): elements of the state stay what they were, at random.
 *
 *     s″ = m∘s + (1 − m)∘s′      with an rng: m is 1 with probability `rate`, drawn anew at each step
 *     s″ = rate · s + (1 − rate) · s′      without: the expectation
 *
 * Where y is a part of the new state, as in LSTM and GRU, it is that part of s″.
 */
export class Zoneout<S extends State = State> extends CellWrapper<S> {
  readonly #rateOf: (name: string) => number;

  /** @throws UnrollError INVALID_ARGUMENT for a rate outside [0, 1), and one for a part that the state does not have */
  constructor({ cell, rate }: ZoneoutOptions<S>) {
    super(cell);
    checkGiven('Zoneout', { rate });
    this.#rateOf = typeof rate === 'number' ? () => rate : (name) => rate[name] ?? 0;
    const rates = typeof rate === 'number' ? { state: rate } : rate;
    for (const [name, one] of Object.entries(rates)) checkRate(`Zoneout: the rate of ${name}`, one);
    if (typeof rate !== 'number') checkLeaves(cell, Object.keys(rate));
  }

  override drawn(draw: Draw): RecurrentCell<S> {
    const { rng, like } = draw;
    const options = { dtype: like.dtype, backend: like.backend };
    const keeps = new Map<string, () => Tensor>();
    mapTensors(this.initialState(draw.batch), (leaf, name) => {
      const rate = this.#rateOf(name);
      const size = leaf.shape.slice(1).reduce((product, length) => product * length, 1);
      if (rate > 0)
        keeps.set(
          name,
          draw.perStep(size, (shape) => rng.bernoulli(shape, rate, options)),
        );
      return leaf;
    });
    const cell = drawnCell(this.cell, draw);
    return withStep(cell, (x, state) =>
      zoned(cell.step(x, state), state, (name, old, next) => {
        const keep = keeps.get(name)?.();
        return keep ? where(keep.reshape(old.shape), old, next) : next;
      }),
    );
  }

  protected stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S] {
    return zoned(cell.step(x, state), state, (name, old, next) => {
      const rate = this.#rateOf(name);
      return rate > 0 ? next.add(old.sub(next).mul(rate)) : next;
    });
  }
}

/** What a step gave, its state mixed with the old one. */
function zoned<S extends State>(
  [y, next]: readonly [y: Tensor, next: S],
  state: S,
  mix: (name: string, old: Tensor, next: Tensor) => Tensor,
): readonly [y: Tensor, next: S] {
  const olds = leavesByPath(state);
  let output = y;
  const mixed = mapTensors(next, (leaf, name) => {
    const result = mix(name, olds.get(name)!, leaf);
    if (leaf === y) output = result;
    return result;
  });
  return [output, mixed];
}

/** A misspelt name would zone nothing, and nobody would notice. */
function checkLeaves(cell: RecurrentCell, names: readonly string[]): void {
  const leaves = new Set<string>();
  scope(() => void mapTensors(cell.initialState(1), (leaf, name) => (leaves.add(name), leaf)));
  const unknown = names.find((name) => !leaves.has(name));
  if (unknown === undefined) return;
  const parts = leaves.has('')
    ? 'it is one tensor. Give one number as the rate'
    : `it has ${[...leaves].map((name) => JSON.stringify(name)).join(', ')}`;
  throw new UnrollError('INVALID_ARGUMENT', `Zoneout: the state has no part ${JSON.stringify(unknown)}; ${parts}.`);
}
