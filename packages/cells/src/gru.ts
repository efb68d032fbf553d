import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from './cell.ts';
import { type GateActivations, GatedCell, type GatedCellOptions, usualActivations } from './gated-cell.ts';

/**
 * Gated recurrent unit (Cho et al. 2014) in the reset-after form of cuDNN and PyTorch's `GRUCell`:
 *
 *     r = σ(W_ir x + b_ir + W_hr h + b_hr)          reset gate
 *     z = σ(W_iz x + b_iz + W_hz h + b_hz)          update gate
 *     n = tanh(W_in x + b_in + r∘(W_hn h + b_hn))   candidate
 *     h′ = (1 − z)∘n + z∘h
 *
 * z = 1 keeps the old state. The gates stand in the order r, z, n in each parameter. The reset gate scales the recurrent *product*;
 * in the paper it scales h before the product: `ResetBeforeGruCell`. All parameters start at U(−1/√h, 1/√h). The state is h
 * [batch, hiddenSize], which is also the output.
 */
export class GruCell extends GatedCell implements RecurrentCell<Tensor> {
  readonly #activations: GateActivations;

  constructor(options: GatedCellOptions) {
    super(3, options);
    this.#activations = { ...usualActivations, ...options.activations };
  }

  /** Zeros. */
  initialState(batch: number): Tensor {
    return this.zeroState(batch);
  }

  /** x is [batch, inputSize]; h and y are [batch, hiddenSize]. */
  step(x: Tensor, h: Tensor): readonly [y: Tensor, next: Tensor] {
    const { gate, candidate } = this.#activations;
    const [xr, xz, xn] = this.fromInput(x).split(1, 3);
    const [hr, hz, hn] = this.fromHidden(h).split(1, 3);
    const r = probe('r', gate(xr.add(hr)));
    const z = probe('z', gate(xz.add(hz)));
    const n = probe('n', candidate(xn.add(r.mul(hn))));
    const next = probe('h', n.add(z.mul(h.sub(n))));
    return [next, next];
  }
}
