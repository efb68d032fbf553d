// The workloads as a user of the packages writes them.
import { Bidirectional, LanguageModelCell, generate, greedy } from '@unroll/architectures';
import { valueAndGrad } from '@unroll/autograd';
import type { Backend } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { wasm } from '@unroll/backend-wasm';
import { LstmCell } from '@unroll/cells';
import { compileModel } from '@unroll/compile';
import { Embedding, Linear, crossEntropy } from '@unroll/layers';
import { generate as generateTokens, greedy as likeliest, load } from '@unroll/runtime';
import { Rng, type Tensor, eye, scope, setBackend, tensor } from '@unroll/tensor';
import type { Contestant, Task } from './contestant.ts';
import { charModel, charModelSteps, setLinear, setLstm, withOneBias } from './unroll-char-model.ts';
import { type CharModelSizes, GENERATION, TAGGING, TRAINING, taggerStart, transposed } from './workloads.ts';

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
  const [, vectors, threads] = /^unroll-(wasm|wide)-(\d+)$/.exec(impl)!;
  return wasm({ threads: Number(threads), wideVectors: vectors === 'wide', onFallback });
}

function training(sizes: CharModelSizes, checks: number): Pick<Contestant, 'check' | 'run'> {
  const { train } = charModelSteps(sizes);
  const step = (): number => {
    const loss = train();
    const value = loss.item();
    loss.dispose();
    return value;
  };
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

function repeat(step: () => unknown): (times: number) => void {
  return (times) => {
    for (let i = 0; i < times; i++) step();
  };
}
