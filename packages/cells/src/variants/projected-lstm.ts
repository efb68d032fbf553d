import { type Initializer, checkSizes, drawParameter, linear, uniform } from '@unroll/layers';
import { type Parameter, type Tensor, probe, zeros } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import {
  type CellInitializers,
  type GateActivations,
  GatedCell,
  type GatedCellOptions,
  usualActivations,
} from '../gated-cell.ts';
import type { LstmState } from '../lstm.ts';
import { forgetBias } from '../lstm-biases.ts';

export interface ProjectedLstmCellOptions extends GatedCellOptions {
  /** Length of h and y; PyTorch's `proj_size`. Usually less than `hiddenSize`. */
  readonly projectedSize: number;
  /** Each role left out starts as the cell's doc says. */
  readonly initializers?: Partial<CellInitializers> & { readonly weight_hr?: Initializer };
}

/**
 * LSTM with a projection (Sak, Senior & Beaufays 2014), as PyTorch's `LSTM` with `proj_size`: what is handed on is smaller than the
 * memory. The equations are those of `LstmCell` but for
 *
 *     h′ = W_hr (o∘tanh(c′))
 *
 * The state is h [batch, projectedSize] and c [batch, hiddenSize]; h is the output. Parameters start as those of `LstmCell`.
 */
export class ProjectedLstmCell extends GatedCell implements RecurrentCell<LstmState> {
  /** [projectedSize, hiddenSize] */
  readonly weight_hr: Parameter;
  readonly hiddenSize: number;
  readonly #activations: GateActivations;

  constructor(options: ProjectedLstmCellOptions) {
    const { hiddenSize, projectedSize, initializers, rng } = options;
    super(4, options, forgetBias(1), projectedSize);
    checkSizes(this, { projectedSize });
    const initializer = initializers?.weight_hr ?? uniform(1 / Math.sqrt(hiddenSize));
    this.weight_hr = drawParameter(this, initializer, [projectedSize, hiddenSize], rng);
    this.hiddenSize = hiddenSize;
    this.#activations = { ...usualActivations, ...options.activations };
  }

  /** Zeros. */
  initialState(batch: number): LstmState {
    return { h: this.zeroState(batch), c: zeros([batch, this.hiddenSize], { dtype: this.weight_hh.value.dtype }) };
  }

  /** x is [batch, inputSize]; h and y are [batch, projectedSize], c is [batch, hiddenSize]. */
  step(x: Tensor, { h, c }: LstmState): readonly [y: Tensor, next: LstmState] {
    const { gate, candidate, output } = this.#activations;
    const sums = this.fromInput(x).add(this.fromHidden(h));
    const [iSum, fSum, gSum, oSum] = sums.split(1, 4);
    const i = probe('i', gate(iSum));
    const f = probe('f', gate(fSum));
    const g = probe('g', candidate(gSum));
    const o = probe('o', gate(oSum));
    const cNext = probe('c', f.mul(c).add(i.mul(g)));
    const hNext = probe('h', linear(o.mul(output(cNext)), this.weight_hr));
    return [hNext, { h: hNext, c: cNext }];
  }
}
