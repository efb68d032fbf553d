// The character LSTM of W1 and W2 as a user of the packages writes it.
import { type SequenceLayer, Stacked, Unidirectional } from '@unroll/architectures';
import { valueAndGrad } from '@unroll/autograd';
import { LstmCell } from '@unroll/cells';
import { oneHot } from '@unroll/data';
import { Linear, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { type Parameter, Rng, type Tensor, parametersOf, scope, tensor } from '@unroll/tensor';
import {
  type CharModelSizes,
  LEARNING_RATE,
  type LinearWeights,
  type LstmWeights,
  charModelBatch,
  charModelWeights,
  transposed,
} from './workloads.ts';

/** Symbols → one-hot → LSTM layers → linear. */
export class CharModel {
  readonly cells: readonly LstmCell[];
  readonly recurrent: SequenceLayer;
  readonly output: Linear;
  readonly #symbols: number;

  constructor({ layers, hidden, symbols }: CharModelSizes, rng: Rng) {
    this.cells = Array.from(
      { length: layers },
      (_, layer) => new LstmCell({ inputSize: layer === 0 ? symbols : hidden, hiddenSize: hidden, rng }),
    );
    const sequences = this.cells.map((cell) => new Unidirectional({ cell }));
    this.recurrent = sequences.length === 1 ? sequences[0]! : new Stacked({ layers: sequences });
    this.output = new Linear({ inputSize: hidden, outputSize: symbols, rng });
    this.#symbols = symbols;
  }

  /** Symbols int32 [batch, time] → logits [batch, time, symbols]. */
  forward(inputs: Tensor): Tensor {
    const [ys] = this.recurrent.forward(oneHot(inputs, this.#symbols));
    return this.output.forward(ys);
  }
}

export function charModel(sizes: CharModelSizes): CharModel {
  const model = new CharModel(sizes, new Rng(1));
  const weights = charModelWeights(sizes);
  for (const [i, cell] of model.cells.entries()) setLstm(cell, weights.layers[i]!);
  setLinear(model.output, weights.output);
  return model;
}

/** What is measured of a model. */
export interface CharModelSteps {
  /** The loss, a scalar tensor. */
  readonly loss: () => Tensor;
  /** A training step; gives the loss before it. */
  readonly train: () => Tensor;
  /** Gives the memory of model and optimizer back. */
  readonly dispose: () => void;
}

/** A model and its optimizer, with the start weights and the batch of a workload. */
export function charModelSteps(sizes: CharModelSizes): CharModelSteps {
  const model = charModel(sizes);
  const parameters = withOneBias(model, model.cells);
  const optimizer = new Adam({ parameters, learningRate: LEARNING_RATE });
  const { batch, time } = sizes;
  const { inputs, targets } = charModelBatch(sizes);
  const xs = tensor(transposed(inputs, time, batch), { shape: [batch, time] });
  const ys = tensor(transposed(targets, time, batch), { shape: [batch, time] });
  const loss = (): Tensor => crossEntropy(model.forward(xs), ys);
  const train = (): Tensor =>
    scope(() => {
      const { value, grads } = valueAndGrad(loss, parameters);
      optimizer.step(grads);
      return value;
    });
  const dispose = (): void => {
    optimizer.dispose();
    for (const parameter of parametersOf(model)) parameter.value.dispose();
    for (const each of [xs, ys]) each.dispose();
  };
  return { loss: () => scope(loss), train, dispose };
}

/** The workloads have one bias vector per LSTM: the second stays at zero and is not trained. */
export function withOneBias(model: object, cells: readonly LstmCell[]): readonly Parameter[] {
  const second = new Set(cells.map((cell) => cell.bias_hh));
  return parametersOf(model).filter((parameter) => !second.has(parameter));
}

export function setLstm(cell: LstmCell, { input, hidden, bias }: LstmWeights): void {
  const gates = bias.length;
  cell.weight_ih.value = tensor(transposed(input, cell.inputSize, gates), { shape: [gates, cell.inputSize] });
  cell.weight_hh.value = tensor(transposed(hidden, cell.outputSize, gates), { shape: [gates, cell.outputSize] });
  cell.bias_ih!.value = tensor(bias);
  cell.bias_hh!.value = tensor(new Float32Array(gates));
}

export function setLinear(layer: Linear, { weight, bias }: LinearWeights): void {
  const { inputSize, outputSize } = layer;
  layer.weight.value = tensor(transposed(weight, inputSize, outputSize), { shape: [outputSize, inputSize] });
  layer.bias!.value = tensor(bias);
}
