import { UnrollError, isFloat } from '@unroll/backend';
import { dropoutMask } from '@unroll/layers';
import { type Tensor, mapTensors, parametersOf } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { type Draw, drawnCell, withStep } from '../draw.ts';
import { CellWrapper } from './cell-wrapper.ts';

export interface LockedDropoutOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
  /** Rate for x. Default 0. */
  readonly input?: number;
  /** Rate for y. Default 0. */
  readonly output?: number;
  /** Rate for the state that the cell reads. Default 0. */
  readonly state?: number;
  /** Which leaves of the state are dropped, by name: `h`, `0.h`; a bare tensor's is empty. Default: all but those named `c`, the memory. */
  readonly dropsLeaf?: (name: string) => boolean;
}

/**
 * Variational dropout (Gal & Ghahramani 2016), also called locked: the same features are dropped at all steps of a sequence.
 *
 *     y, s′ = cell(x∘mₓ, s∘mₛ),  y∘m_y
 *
 * Each mask is drawn once per sequence and example: 0 with probability `rate`, else 1/(1 − rate). It takes part in a run with an
 * `rng` alone; without, this is the cell inside.
 */
export class LockedDropout<S extends State = State> extends CellWrapper<S> {
  readonly #rates: { readonly input: number; readonly output: number; readonly state: number };
  readonly #dropsLeaf: (name: string) => boolean;

  /** @throws UnrollError INVALID_ARGUMENT for a rate outside [0, 1) */
  constructor({ cell, input = 0, output = 0, state = 0, dropsLeaf = isNoMemory }: LockedDropoutOptions<S>) {
    super(cell);
    this.#rates = { input, output, state };
    this.#dropsLeaf = dropsLeaf;
    for (const [name, rate] of Object.entries(this.#rates)) checkRate(`LockedDropout: the rate of the ${name}`, rate);
  }

  /** @throws UnrollError DTYPE_MISMATCH where tokens are to be dropped */
  override drawn(draw: Draw): RecurrentCell<S> {
    const { rng, batch } = draw;
    const { input, output, state: stateRate } = this.#rates;
    const isOfTokens = !isFloat(draw.like.dtype);
    if (isOfTokens && input > 0) {
      throw new UnrollError(
        'DTYPE_MISMATCH',
        `LockedDropout: the rate of the input is ${input}, but the input is ${draw.like.dtype}. Tokens cannot be dropped; drop features behind the embedding.`,
      );
    }
    const like = isOfTokens ? (parametersOf(this.cell)[0]?.value ?? draw.like) : draw.like;
    const mask = (size: number, rate: number): Tensor | undefined =>
      rate === 0 ? undefined : dropoutMask([batch, size], rate, rng, like);
    const inputMask = mask(this.inputSize, input);
    const outputMask = mask(this.outputSize, output);
    const stateMasks = new Map<string, Tensor>();
    if (stateRate > 0) {
      mapTensors(this.initialState(batch), (leaf, name) => {
        if (this.#dropsLeaf(name)) stateMasks.set(name, dropoutMask(leaf.shape, stateRate, rng, like));
        return leaf;
      });
    }
    const cell = drawnCell(this.cell, draw);
    return withStep(cell, (x, state) => {
      const thinned = mapTensors(state, (leaf, name) => {
        const leafMask = stateMasks.get(name);
        return leafMask ? leaf.mul(leafMask) : leaf;
      });
      const [y, next] = cell.step(inputMask ? x.mul(inputMask) : x, thinned);
      return [outputMask ? y.mul(outputMask) : y, next];
    });
  }

  protected stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S] {
    return cell.step(x, state);
  }
}

function isNoMemory(name: string): boolean {
  return name !== 'c' && !name.endsWith('.c');
}

/** @throws UnrollError INVALID_ARGUMENT for a rate outside [0, 1) */
export function checkRate(what: string, rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new UnrollError('INVALID_ARGUMENT', `${what} is ${rate}; it must be at least 0 and less than 1.`);
}
