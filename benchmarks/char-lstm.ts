// A training step of a character LSTM through the public API: LSTM 128, 65 symbols, batch 32, 50 steps, Adam. The start weights and
// the data come from a formula, so that anybody can begin from the same bits: the first five losses are printed as proof of equal work
// (PyTorch gives 4.17503 4.17144 4.16786 4.16422 4.16048).
// Usage: pnpm bench [--rounds 5] [--steps 5] [--json]
import { parseArgs } from 'node:util';
import { cpu } from '@unroll/backend-cpu';
import { wasm } from '@unroll/backend-wasm';
import { valueAndGrad } from '@unroll/autograd';
import { LstmCell, scan } from '@unroll/cells';
import { Linear, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { type Backend, Rng, type Tensor, eye, parametersOf, scope, tensor, withBackend } from '@unroll/tensor';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

const HIDDEN = 128;
const SYMBOLS = 65;
const BATCH = 32;
const TIME = 50;

const inputs = new Int32Array(BATCH * TIME);
const targets = new Int32Array(BATCH * TIME);
for (let b = 0; b < BATCH; b++) {
  for (let t = 0, symbol = b % SYMBOLS; t < TIME; t++) {
    inputs[b * TIME + t] = symbol;
    symbol = (symbol * 7 + 3 + (t % 5)) % SYMBOLS;
    targets[b * TIME + t] = symbol;
  }
}

/** The weights' generator: linear congruential, with the constants of Numerical Recipes, so that every contestant can have it. */
function weights(): () => number {
  let seed = 1;
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.fround((2 / Math.sqrt(HIDDEN)) * (seed / 2 ** 32 - 0.5));
  };
}

/** A model with the given start weights on a backend; the function trains it one step and gives the loss. */
function contestant(backend: Backend): () => number {
  return withBackend(backend, () => {
    const weight = weights();
    const draw = (rows: number, columns: number): Tensor =>
      tensor(Float32Array.from({ length: rows * columns }, weight), { shape: [rows, columns] });
    const rng = new Rng(1);
    const cell = new LstmCell({ inputSize: SYMBOLS, hiddenSize: HIDDEN, rng });
    const output = new Linear({ inputSize: HIDDEN, outputSize: SYMBOLS, rng });
    cell.weight_ih.value = draw(SYMBOLS, 4 * HIDDEN).transpose();
    cell.weight_hh.value = draw(HIDDEN, 4 * HIDDEN).transpose();
    cell.bias_ih!.value = draw(1, 4 * HIDDEN).squeeze(0);
    cell.bias_hh!.value = cell.bias_hh!.value.mul(0);
    output.weight.value = draw(HIDDEN, SYMBOLS).transpose();
    output.bias!.value = draw(1, SYMBOLS).squeeze(0);
    // The contestants have one bias vector per layer: the second stays at zero.
    const parameters = parametersOf({ cell, output }).filter((parameter) => parameter !== cell.bias_hh);
    const optimizer = new Adam({ parameters, learningRate: 0.002 });
    const xs = eye(SYMBOLS).gather(tensor(inputs, { shape: [BATCH, TIME] }));
    const ys = tensor(targets, { shape: [BATCH, TIME] });
    const loss = (): Tensor => crossEntropy(output.forward(scan(cell, xs)[0]), ys);
    return () =>
      withBackend(backend, () =>
        scope(() => {
          const { value, grads } = valueAndGrad(loss, parameters);
          optimizer.step(grads);
          return value.item();
        }),
      );
  });
}

const contestants = [cpu(), await wasm()].map((backend) => {
  const step = contestant(backend);
  const firstLosses = Array.from({ length: 5 }, step);
  return { name: backend.name, step, firstLosses, wall: [] as number[], cpu: [] as number[] };
});
const steps = Number(values.steps);
// In turn, so that a busy moment of the machine does not fall on one alone.
for (let round = 0; round < Number(values.rounds); round++) {
  for (const one of contestants) {
    const used = process.cpuUsage();
    const start = performance.now();
    for (let i = 0; i < steps; i++) one.step();
    one.wall.push((performance.now() - start) / steps);
    const { user, system } = process.cpuUsage(used);
    one.cpu.push((user + system) / 1000 / steps);
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
for (const { name, firstLosses, ...times } of contestants) {
  const result = {
    workload: 'char-lstm',
    backend: name,
    wall: median(times.wall),
    cpu: median(times.cpu),
    charactersPerSecond: Math.round((BATCH * TIME * 1000) / median(times.wall)),
    firstLosses: firstLosses.map((loss) => Number(loss.toFixed(5))),
  };
  if (values.json) {
    console.log(JSON.stringify(result));
  } else {
    console.log(
      `${name.padEnd(5)} ${result.wall.toFixed(1)} ms per step (processor ${result.cpu.toFixed(1)} ms), ` +
        `${result.charactersPerSecond} characters per second; first losses ${result.firstLosses.join(' ')}`,
    );
  }
}
