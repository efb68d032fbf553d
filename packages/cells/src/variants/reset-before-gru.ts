import { type Tensor, probe } from '@unroll/tensor';
import type { RecurrentCell } from '../cell.ts';
import { type GateActivations, GatedCell, type GatedCellOptions, usualActivations } from '../gated-cell.ts';

/**
 * Gated recurrent unit with the reset gate *before* the product, as in the literature (Cho et al. 2014), in Keras with
 * `reset_after=False` and in ONNX with `linear_before_reset=0`:
 *
 *     r = σ(W_ir x + b_ir + W_hr h + b_hr)            reset gate
 *     z = σ(W_iz x + b_iz + W_hz h + b_hz)            update gate
 *     n = tanh(W_in x + b_in + W_hn (r∘h) + b_hn)     candidate
 *     h′ = (1 − z)∘n + z∘h
 *
 * z = 1 keeps the old state, as in Cho et al. 2014, PyTorch, Keras and ONNX; Chung et al. 2014 have 1 − z in its place. The gates
 * stand in the order r, z, n in each parameter, the shapes are those of `GruCell`, and the weights of one mean something else in the
 * other. All parameters start at U(−1/√h, 1/√h). The state is h [batch, hiddenSize], which is also the output.
 */
export class ResetBeforeGruCell extends GatedCell implements RecurrentCell<Tensor> {
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
    const size = this.outputSize;
    const [forGates, forCandidate] = this.weight_hh.value.split(0, [2 * size, size]);
    const [xGates, xn] = this.fromInputAndBiases(x).split(1, [2 * size, size]);
    const sums = xGates.add(h.matmul(forGates, { transposeB: true }));
    const [rSum, zSum] = sums.split(1, 2);
    const r = probe('r', gate(rSum));
    const z = probe('z', gate(zSum));
    const n = probe('n', candidate(xn.add(r.mul(h).matmul(forCandidate, { transposeB: true }))));
    const next = probe('h', n.add(z.mul(h.sub(n))));
    return [next, next];
  }
}
