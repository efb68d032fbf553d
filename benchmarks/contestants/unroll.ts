// The workloads as a user of the packages writes them.
import {
  Bidirectional,
  LanguageModelCell,
  type SequenceLayer,
  Stacked,
  Unidirectional,
  generate,
  greedy,
} from '@unroll/architectures';
import { valueAndGrad } from '@unroll/autograd';
import type { Backend } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { wasm } from '@unroll/backend-wasm';
import { LstmCell } from '@unroll/cells';
import { compileModel } from '@unroll/compile';
import { oneHot } from '@unroll/data';
import { Embedding, Linear, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { generate as generateTokens, greedy as likeliest, load } from '@unroll/runtime';
import { type Parameter, Rng, type Tensor, eye, parametersOf, scope, setBackend, tensor } from '@unroll/tensor';
import type { Contestant, Task } from './contestant.ts';
import {
  type CharModelSizes,
  GENERATION,
  LEARNING_RATE,
  type LinearWeights,
  type LstmWeights,
  TAGGING,
  TRAINING,
  charModelBatch,
  charModelWeights,
  taggerStart,
  transposed,
} from './workloads.ts';

export async function setUp({ impl, workload, checks }: Task): Promise<Contestant> {
  if (impl === 'unroll-runtime') return compiledAhead();
  const backend = await makeBackend(impl);
  setBackend(backend);
  const about = 'description' in backend ? String(backend.description) : backend.name;
  if (workload === 'W3') return { about, ...(await generation()) };
  if (workload === 'W4') return { about, ...tagging() };
  return { about, ...training(TRAINING[workload], checks) };
}

async function makeBackend(impl: string): Promise<Backend> {
  if (impl === 'unroll-cpu') return cpu();
  // A row must not show something else than its name says.
  const onFallback = (message: string): void => {
    throw new Error(message);
  };
  return wasm({ threads: Number(impl.replace('unroll-wasm-', '')), onFallback });
}

/** Symbols → one-hot → LSTM layers → linear. */
class CharModel {
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

function charModel(sizes: CharModelSizes): CharModel {
  const model = new CharModel(sizes, new Rng(1));
  const weights = charModelWeights(sizes);
  for (const [i, cell] of model.cells.entries()) setLstm(cell, weights.layers[i]!);
  setLinear(model.output, weights.output);
  return model;
}

function training(sizes: CharModelSizes, checks: number): Pick<Contestant, 'check' | 'run'> {
  const model = charModel(sizes);
  const parameters = withOneBias(model, model.cells);
  const optimizer = new Adam({ parameters, learningRate: LEARNING_RATE });
  const { batch, time } = sizes;
  const { inputs, targets } = charModelBatch(sizes);
  const xs = tensor(transposed(inputs, time, batch), { shape: [batch, time] });
  const ys = tensor(transposed(targets, time, batch), { shape: [batch, time] });
  const step = (): number =>
    scope(() => {
      const { value, grads } = valueAndGrad(() => crossEntropy(model.forward(xs), ys), parameters);
      optimizer.step(grads);
      return value.item();
    });
  return { check: Array.from({ length: checks }, step), run: repeat(step) };
}

function languageModel(): LanguageModelCell {
  const { cells, output } = charModel(GENERATION);
  const { symbols } = GENERATION;
  const oneHots = new Embedding({ count: symbols, size: symbols, rng: new Rng(1), initializer: () => eye(symbols) });
  return new LanguageModelCell({ embedding: oneHots, cell: cells[0]!, output });
}

async function generation(): Promise<Pick<Contestant, 'check' | 'run'>> {
  const cell = languageModel();
  const write = async (length: number): Promise<readonly number[]> => {
    const written: number[] = [];
    for await (const symbol of generate({ cell, prompt: [1], length, choose: greedy() })) written.push(symbol);
    return written;
  };
  const run = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await write(GENERATION.time);
  };
  return { check: await write(20), run };
}

/** The runtime alone: the same weights, compiled before, to portable code. */
async function compiledAhead(): Promise<Contestant> {
  const stream = (await load(await compileModel({ cell: languageModel(), dtype: 'int32' }))).stream();
  const write = (length: number): readonly number[] => {
    stream.reset();
    return [...generateTokens({ stream, prompt: [1], length, choose: likeliest() })];
  };
  const about = 'a model compiled ahead of time, one thread; no relaxed SIMD';
  return { about, check: write(20), run: repeat(() => write(GENERATION.time)) };
}

function tagging(): Pick<Contestant, 'check' | 'run'> {
  const { words, embedding, hidden, tags, batch, time } = TAGGING;
  const { weights, batch: tokens } = taggerStart(TAGGING);
  const rng = new Rng(1);
  const forwardCell = new LstmCell({ inputSize: embedding, hiddenSize: hidden, rng });
  const backwardCell = new LstmCell({ inputSize: embedding, hiddenSize: hidden, rng });
  const model = {
    embedding: new Embedding({ count: words, size: embedding, rng }),
    recurrent: new Bidirectional({ forwardCell, backwardCell }),
    output: new Linear({ inputSize: 2 * hidden, outputSize: tags, rng }),
  };
  model.embedding.weight.value = tensor(weights.embedding, { shape: [words, embedding] });
  setLstm(forwardCell, weights.forward);
  setLstm(backwardCell, weights.backward);
  setLinear(model.output, weights.output);
  const parameters = withOneBias(model, [forwardCell, backwardCell]);
  const xs = tensor(transposed(tokens.inputs, time, batch), { shape: [batch, time] });
  const ys = tensor(transposed(tokens.targets, time, batch), { shape: [batch, time] });
  const loss = (): Tensor =>
    crossEntropy(model.output.forward(model.recurrent.forward(model.embedding.forward(xs))[0]), ys);
  const check = scope(() => {
    const { value, grads } = valueAndGrad(loss, parameters);
    const squares = grads.map((grad) => grad.square().sum().item());
    return [value.item(), Math.sqrt(squares.reduce((sum, square) => sum + square, 0))];
  });
  return { check, run: repeat(() => scope(() => valueAndGrad(loss, parameters).value.item())) };
}

/** The workloads have one bias vector per LSTM: the second stays at zero and is not trained. */
function withOneBias(model: object, cells: readonly LstmCell[]): readonly Parameter[] {
  const second = new Set(cells.map((cell) => cell.bias_hh));
  return parametersOf(model).filter((parameter) => !second.has(parameter));
}

function setLstm(cell: LstmCell, { input, hidden, bias }: LstmWeights): void {
  const gates = bias.length;
  cell.weight_ih.value = tensor(transposed(input, cell.inputSize, gates), { shape: [gates, cell.inputSize] });
  cell.weight_hh.value = tensor(transposed(hidden, cell.outputSize, gates), { shape: [gates, cell.outputSize] });
  cell.bias_ih!.value = tensor(bias);
  cell.bias_hh!.value = tensor(new Float32Array(gates));
}

function setLinear(layer: Linear, { weight, bias }: LinearWeights): void {
  const { inputSize, outputSize } = layer;
  layer.weight.value = tensor(transposed(weight, inputSize, outputSize), { shape: [outputSize, inputSize] });
  layer.bias!.value = tensor(bias);
}

function repeat(step: () => unknown): (times: number) => void {
  return (times) => {
    for (let i = 0; i < times; i++) step();
  };
}
