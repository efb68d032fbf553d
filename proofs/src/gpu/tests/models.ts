import {
  AdditiveScore,
  AttentionDecoder,
  Bidirectional,
  LinearBridge,
  Stacked,
  Unidirectional,
} from '@unroll/architectures';
import { valueAndGrad } from '@unroll/autograd';
import { GruCell, LstmCell, type RecurrentCell, VanillaCell, scan } from '@unroll/cells';
import { type Backend, Parameter, Rng, type Tensor, type TensorTree, castParameters } from '@unroll/tensor';
import { namedParameters, tensor, tensorsOf, withBackend } from '@unroll/tensor';

const [BATCH, TIME, FEATURES, HIDDEN, SOURCE] = [3, 9, 4, 6, 5];

/** What a model is run on, all float. */
interface Inputs {
  /** [batch, time, features] */
  readonly xs: Tensor;
  /** [batch, time] */
  readonly mask: Tensor;
  /** [batch, source, features] */
  readonly source: Tensor;
  /** [batch, source] */
  readonly sourceMask: Tensor;
}

/** A recurrent network, and what it makes of its inputs. */
interface Network {
  /** Holds all parameters. */
  readonly model: object;
  run(inputs: Inputs): TensorTree;
}

const sizes = (seed: number) => ({ inputSize: FEATURES, hiddenSize: HIDDEN, rng: new Rng(seed) });

/** The networks that every mode must get right, by name. */
export const networks: Readonly<Record<string, () => Network>> = {
  LSTM: () => ofCell(new LstmCell(sizes(1))),
  GRU: () => ofCell(new GruCell(sizes(2))),
  'vanilla RNN': () => ofCell(new VanillaCell(sizes(3))),
  'bidirectional LSTM': () => {
    const model = new Bidirectional({ forwardCell: new LstmCell(sizes(4)), backwardCell: new LstmCell(sizes(5)) });
    return { model, run: ({ xs, mask }) => [...model.forward(xs, { mask })] };
  },
  'LSTM on GRU': () => {
    const above = new GruCell({ inputSize: HIDDEN, hiddenSize: HIDDEN, rng: new Rng(6) });
    const layers = [new Unidirectional({ cell: new LstmCell(sizes(7)) }), new Unidirectional({ cell: above })];
    const model = new Stacked({ layers });
    return { model, run: ({ xs, mask }) => [...model.forward(xs, { mask })] };
  },
  'LSTM with attention': attention,
};

function ofCell(cell: RecurrentCell): Network {
  return { model: cell, run: ({ xs, mask }) => [...scan(cell, xs, { mask })] };
}

/** Reads the source both ways, then decodes xs while it looks at the source. */
function attention(): Network {
  const encoder = new Bidirectional({
    forwardCell: new GruCell(sizes(8)),
    backwardCell: new GruCell(sizes(9)),
  });
  const valueSize = encoder.outputSize;
  const cell = new LstmCell({ inputSize: FEATURES + valueSize, hiddenSize: HIDDEN, rng: new Rng(10) });
  const score = new AdditiveScore({ querySize: HIDDEN, keySize: valueSize, attentionSize: 3, rng: new Rng(11) });
  const decoder = new AttentionDecoder({ cell, score, valueSize });
  const bridge = new LinearBridge({ inputSize: 2 * HIDDEN, cell, rng: new Rng(12) });
  return {
    model: { encoder, decoder, bridge },
    run({ xs, mask, source, sourceMask }) {
      const [ys, final] = encoder.forward(source, { mask: sourceMask });
      const memory = decoder.remember({ ys, mask: sourceMask });
      const state = decoder.startFrom(bridge.start({ ys, final, mask: sourceMask }, cell), memory);
      return [...scan(decoder.over(memory), xs, { mask, state })];
    },
  };
}

/** What a network computed, read back. */
export interface Computed {
  /** Outputs and final state. */
  readonly values: readonly ArrayLike<number>[];
  readonly names: readonly string[];
  /** Of each parameter, then of xs and of the source. */
  readonly gradients: readonly ArrayLike<number>[];
}

/** Values and gradients of a network on a backend, all from the same float32 numbers. */
export async function compute(make: () => Network, backend: Backend, dtype: 'float32' | 'float64'): Promise<Computed> {
  const { values, names, gradients } = withBackend(backend, () => {
    const network = make();
    const rng = new Rng(100);
    const [xs, source] = [TIME, SOURCE].map((time) => new Parameter(rng.normal([BATCH, time, FEATURES])));
    const inputs = { xs: xs!, source: source! };
    if (dtype === 'float64') for (const model of [network.model, inputs]) castParameters(model, dtype);
    const run = (): readonly Tensor[] =>
      tensorsOf(
        network.run({
          xs: inputs.xs.value,
          source: inputs.source.value,
          mask: maskOf([TIME, 4, 1], TIME),
          sourceMask: maskOf([2, SOURCE, 3], SOURCE),
        }),
      );
    const named = [...namedParameters(network.model), ...namedParameters(inputs)];
    const { grads } = valueAndGrad(
      () =>
        run()
          .map((leaf, i) => leaf.mul(new Rng(i + 200).uniform(leaf.shape, { low: -1, high: 1 }).cast(dtype)).sum())
          .reduce((a, b) => a.add(b)),
      named.map(([, parameter]) => parameter),
    );
    return { values: run(), names: named.map(([name]) => name), gradients: grads };
  });
  const read = (leaves: readonly Tensor[]) => Promise.all(leaves.map((leaf) => leaf.data()));
  return { values: await read(values), names, gradients: await read(gradients) };
}

function maskOf(lengths: readonly number[], time: number): Tensor {
  return tensor(lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))));
}

/** The largest error of an array, relative to its largest element, or to 1. */
export function errorOf(actual: ArrayLike<number>, exact: ArrayLike<number>): number {
  if (actual.length !== exact.length) return Infinity;
  let [largest, worst] = [1, 0];
  for (let i = 0; i < exact.length; i++) {
    const error = Math.abs(actual[i]! - exact[i]!);
    if (!Number.isFinite(error)) return Infinity;
    largest = Math.max(largest, Math.abs(exact[i]!));
    worst = Math.max(worst, error);
  }
  return worst / largest;
}
