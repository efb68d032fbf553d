import { UnrollError, formatShape, checkGiven } from '@unroll/backend';
import type { StateDict } from '../state-dict.ts';
import { type Weights, checkShape, part, reorderGates, stateDictOf, transposed } from './gates.ts';

/** The weights of a recurrent layer of Keras or TensorFlow.js, in the order of its `get_weights()`. */
export interface KerasRecurrentWeights {
  /** [inputSize, gates · units] */
  readonly kernel: Weights;
  /** [units, gates · units] */
  readonly recurrentKernel: Weights;
  /** [gates · units], or [2, 3 · units] for a GRU with `reset_after`; absent with `use_bias=False`. */
  readonly bias?: Weights | undefined;
}

/**
 * Keras's `SimpleRNN` as a state dict for a `VanillaCell` with `bias: { hh: false }`, or without biases if there is none.
 * @throws UnrollError SHAPE_MISMATCH if the shapes do not fit each other
 */
export function kerasSimpleRnnWeights(weights: KerasRecurrentWeights): StateDict {
  return oneBias('kerasSimpleRnnWeights', weights, [0]);
}

/**
 * Keras's `LSTM` (gates i, f, c, o, as here) as a state dict for an `LstmCell` with `bias: { hh: false }`, or without biases if there is
 * none. TensorFlow.js has a hard sigmoid by default: give the cell
 * `activations: { gate: (x) => hardSigmoid(x, { slope: 0.2 }) }`.
 * @throws UnrollError SHAPE_MISMATCH if the shapes do not fit each other
 */
export function kerasLstmWeights(weights: KerasRecurrentWeights): StateDict {
  return oneBias('kerasLstmWeights', weights, [0, 1, 2, 3]);
}

/**
 * Keras's `GRU` (gates z, r, h; here r, z, n) as a state dict. A bias [2, 3 · units] is one of `reset_after=True`, Keras's default:
 * for a `GruCell`. A bias [3 · units] is one of `reset_after=False`: for a `ResetBeforeGruCell` with `bias: { hh: false }`. Without a bias
 * the weights do not tell: look at the layer's configuration. z keeps the old state in both programs.
 * @throws UnrollError SHAPE_MISMATCH if the shapes do not fit each other
 */
export function kerasGruWeights(weights: KerasRecurrentWeights): StateDict {
  const { bias, ...matrices } = weights;
  if (bias?.shape.length !== 2) return oneBias('kerasGruWeights', weights, GRU_ORDER);
  checkGiven('kerasGruWeights', { kernel: weights.kernel });
  const rows = weights.kernel.shape[1] ?? 0;
  checkShape('kerasGruWeights: bias', bias, [2, rows]);
  const vector = (i: number): Weights => reorderGates(part(bias, i * rows, [rows]), GRU_ORDER);
  const state = oneBias('kerasGruWeights', matrices, GRU_ORDER);
  return new Map([...state, ...stateDictOf({ bias_ih: vector(0), bias_hh: vector(1) })]);
}

const GRU_ORDER: readonly number[] = [1, 0, 2];

function oneBias(what: string, weights: KerasRecurrentWeights, order: readonly number[]): StateDict {
  const { kernel, recurrentKernel, bias } = weights;
  checkGiven(what, { kernel, recurrentKernel });
  const [, columns = 0] = kernel.shape;
  const units = columns / order.length;
  if (kernel.shape.length !== 2 || !Number.isInteger(units)) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `${what}: kernel is ${formatShape(kernel.shape)}; it should be [inputSize, ${order.length} · units].`,
    );
  }
  checkShape(`${what}: recurrentKernel`, recurrentKernel, [units, columns]);
  if (bias) checkShape(`${what}: bias`, bias, [columns]);
  return stateDictOf({
    weight_ih: reorderGates(transposed(kernel), order),
    weight_hh: reorderGates(transposed(recurrentKernel), order),
    bias_ih: bias && reorderGates(bias, order),
  });
}
