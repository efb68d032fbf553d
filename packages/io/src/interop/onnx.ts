import { UnrollError, formatShape, checkGiven } from '@unroll/backend';
import type { StateDict } from '../state-dict.ts';
import { type Weights, checkShape, part, reorderGates, stateDictOf } from './gates.ts';

/** The weight inputs of ONNX's `RNN`, `GRU` or `LSTM`, by their names there. */
export interface OnnxRecurrentWeights {
  /** [directions, gates · hidden, input] */
  readonly W: Weights;
  /** [directions, gates · hidden, hidden] */
  readonly R: Weights;
  /** [directions, 2 · gates · hidden]: the input's biases, then the recurrent ones. */
  readonly B?: Weights | undefined;
  /** LSTM alone: [directions, 3 · hidden], the peepholes i, o, f. */
  readonly P?: Weights | undefined;
}

export interface OnnxWeightsOptions {
  /** Which direction: 0 the first, 1 the backward one of `direction="bidirectional"`. Default 0. */
  readonly direction?: number;
}

/**
 * One direction of ONNX's `RNN` as a state dict for a `VanillaCell`; without B for one with `bias: false`.
 * @throws UnrollError SHAPE_MISMATCH if the shapes do not fit each other
 */
export function onnxRnnWeights(weights: OnnxRecurrentWeights, options: OnnxWeightsOptions = {}): StateDict {
  return stateDictOf(convert('onnxRnnWeights', weights, [0], options));
}

/**
 * One direction of ONNX's `GRU` (gates z, r, h; here r, z, n) as a state dict: for a `ResetBeforeGruCell` with
 * `linear_before_reset=0`, ONNX's default, for a `GruCell` with 1. Without B for a cell with `bias: false`.
 * z keeps the old state in both programs.
 * @throws UnrollError SHAPE_MISMATCH if the shapes do not fit each other
 */
export function onnxGruWeights(weights: OnnxRecurrentWeights, options: OnnxWeightsOptions = {}): StateDict {
  return stateDictOf(convert('onnxGruWeights', weights, [1, 0, 2], options));
}

/**
 * One direction of ONNX's `LSTM` (gates i, o, f, c; here i, f, g, o) as a state dict for an `LstmCell`, with P for a
 * `PeepholeLstmCell`. Without B for a cell with `bias: false`.
 * @throws UnrollError SHAPE_MISMATCH if the shapes do not fit each other
 */
export function onnxLstmWeights(weights: OnnxRecurrentWeights, options: OnnxWeightsOptions = {}): StateDict {
  const { P, R } = weights;
  checkGiven('onnxLstmWeights', { R });
  const [directions = 0, , hidden = 0] = R.shape;
  if (P) checkShape('onnxLstmWeights: P', P, [directions, 3 * hidden]);
  const start = (options.direction ?? 0) * 3 * hidden;
  const peephole = P && reorderGates(part(P, start, [3 * hidden]), [0, 2, 1]);
  return stateDictOf({ ...convert('onnxLstmWeights', weights, [0, 2, 3, 1], options), peephole });
}

function convert(
  what: string,
  { W, R, B }: OnnxRecurrentWeights,
  order: readonly number[],
  { direction = 0 }: OnnxWeightsOptions,
): Readonly<Record<string, Weights | undefined>> {
  checkGiven(what, { W, R });
  const [directions = 0, rows = 0, inputs = 0] = W.shape;
  const hidden = rows / order.length;
  if (W.shape.length !== 3 || !Number.isInteger(hidden) || direction >= directions) {
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `${what}: W is ${formatShape(W.shape)}; it should be [directions, ${order.length} · hidden, input], and have direction ${direction}.`,
    );
  }
  checkShape(`${what}: R`, R, [directions, rows, hidden]);
  if (B) checkShape(`${what}: B`, B, [directions, 2 * rows]);
  const bias = (half: number): Weights | undefined =>
    B && reorderGates(part(B, (2 * direction + half) * rows, [rows]), order);
  return {
    weight_ih: reorderGates(part(W, direction * rows * inputs, [rows, inputs]), order),
    weight_hh: reorderGates(part(R, direction * rows * hidden, [rows, hidden]), order),
    bias_ih: bias(0),
    bias_hh: bias(1),
  };
}
