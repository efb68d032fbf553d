import { type Initializer, constant, perGate, uniform } from '@unroll/layers';
import { UnrollError, checkRng, concat, zeros } from '@unroll/tensor';
import type { CellInitializers } from './gated-cell.ts';

/** How both bias vectors start: may be given as `initializers`, or spread among others. */
export type BiasInitializers = Pick<CellInitializers, 'bias_ih' | 'bias_hh'>;

/**
 * Biases of the cells with the gates i, f, g, o (LSTM, with peepholes, projected): those of the forget gate add up to `value`, the
 * others start at U(−1/√h, 1/√h). At x = h = 0 a memory fades by σ(value) a step: over four steps for 1 (Jozefowicz et al. 2015, the
 * default), over twenty for 3. `new LstmCell({ …, initializers: forgetBias(3) })`.
 */
export function forgetBias(value: number): BiasInitializers {
  // A gate's own part of the vector is [hiddenSize].
  const usual: Initializer = (shape, rng) => uniform(1 / Math.sqrt(shape[0]!))(shape, rng);
  const withForget = (one: number): Initializer => perGate([usual, constant(one), usual, usual]);
  return { bias_ih: withForget(value), bias_hh: withForget(0) };
}

export interface ChronoBiasOptions {
  /** The longest dependency that the data may have, in steps; above 2. */
  readonly longest: number;
}

/**
 * Chrono initialization (Tallec & Ollivier 2018) of cells with the gates i, f, g, o: each unit remembers for a time of its own, all times up
 * to the longest.
 *
 *     b_f = log u      u ~ U(1, longest − 1), one for each unit
 *     b_i = −b_f
 *
 * so that σ(b_f) = 1 − 1/(u + 1). The other biases start at 0. `new LstmCell({ …, initializers: chronoBias({ longest: 60 }) })`.
 * @throws UnrollError INVALID_ARGUMENT unless `longest` is above 2
 */
export function chronoBias({ longest }: ChronoBiasOptions): BiasInitializers {
  if (!(longest > 2 && Number.isFinite(longest))) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `chronoBias: longest is ${longest}; it must be a number of steps above 2.`,
    );
  }
  const bias: Initializer = (shape, rng) => {
    const rows = shape[0]! / 4;
    if (!Number.isInteger(rows)) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `chronoBias: ${shape[0]} biases are not those of the four gates i, f, g, o. Give it to an LSTM.`,
      );
    }
    checkRng('chronoBias', rng);
    const forget = rng.uniform([rows], { low: 1, high: longest - 1 }).log();
    return concat([forget.neg(), forget, zeros([2 * rows])], 0);
  };
  return { bias_ih: bias, bias_hh: constant(0) };
}
