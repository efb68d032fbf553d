// A cell of one's own, in fewer than thirty lines: the minimal gated unit (Zhou et al. 2016). It learns to remember the first symbol of a
// sequence, and its steps are compiled, forwards and backwards, as those of the built-in cells.
// `node custom-cell.ts figure.svg` draws what it remembers.
import { writeFile } from 'node:fs/promises';
import { valueAndGrad, vjp } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { type RecurrentCell, explainScan, scan, scanReport } from '@unroll/cells';
import { oneHot } from '@unroll/data';
import { heatMapsSvg } from '@unroll/inspect';
import { Linear, crossEntropy, uniform } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import {
  Parameter,
  Rng,
  type Tensor,
  concat,
  matmul,
  parametersOf,
  scope,
  setBackend,
  tensor,
  zeros,
} from '@unroll/tensor';

// Fast; without this line all runs on backend-cpu.
setBackend(await wasm());

const SYMBOLS = 4;
const TIME = 8;
const BATCH = 32;

class MinimalGatedCell implements RecurrentCell<Tensor> {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly weightForget: Parameter;
  readonly weightHidden: Parameter;

  constructor({ inputSize, hiddenSize, rng }: { inputSize: number; hiddenSize: number; rng: Rng }) {
    this.inputSize = inputSize;
    this.outputSize = hiddenSize;
    const initial = uniform(1 / Math.sqrt(hiddenSize));
    this.weightForget = new Parameter(initial([inputSize + hiddenSize, hiddenSize], rng));
    this.weightHidden = new Parameter(initial([inputSize + hiddenSize, hiddenSize], rng));
  }

  initialState(batch: number): Tensor {
    return zeros([batch, this.outputSize]);
  }

  // f = σ(W_f [x; h])   n = tanh(W_n [x; f∘h])   h′ = (1 − f)∘h + f∘n
  step(x: Tensor, h: Tensor): readonly [y: Tensor, next: Tensor] {
    const f = matmul(concat([x, h], 1), this.weightForget).sigmoid();
    const n = matmul(concat([x, f.mul(h)], 1), this.weightHidden).tanh();
    const next = h.add(f.mul(n.sub(h)));
    return [next, next];
  }
}

const rng = new Rng(1);
const model = {
  cell: new MinimalGatedCell({ inputSize: SYMBOLS, hiddenSize: 16, rng }),
  output: new Linear({ inputSize: 16, outputSize: SYMBOLS, rng }),
};
const parameters = parametersOf(model);
const optimizer = new Adam({ parameters, learningRate: 0.02 });

/** Random symbols [BATCH, TIME], and the first of each sequence. */
function drawBatch(): { symbols: Tensor; firsts: Tensor } {
  const symbols = Int32Array.from({ length: BATCH * TIME }, () => rng.integer(SYMBOLS));
  const firsts = Int32Array.from({ length: BATCH }, (_, i) => symbols[i * TIME]!);
  return { symbols: tensor(symbols, { shape: [BATCH, TIME] }), firsts: tensor(firsts) };
}

const logitsOf = (symbols: Tensor): Tensor => model.output.forward(scan(model.cell, oneHot(symbols, SYMBOLS))[1]);

for (let step = 1; step <= 400; step++) {
  scope(() => {
    const { symbols, firsts } = drawBatch();
    const { value, grads } = valueAndGrad(() => crossEntropy(logitsOf(symbols), firsts), parameters);
    optimizer.step(grads);
    if (step % 100 === 0) console.log(`step ${step}  loss ${value.item().toFixed(4)}`);
  });
}

const accuracy = scope(() => {
  const { symbols, firsts } = drawBatch();
  return logitsOf(symbols).argmax().equal(firsts).cast('float32').mean().item();
});
console.log(`first symbol remembered over ${TIME} steps: ${(100 * accuracy).toFixed(0)} %`);
if (accuracy < 0.95) throw new Error('the cell did not learn to remember');

// Four sequences that differ in nothing but the first symbol: the units that tell them apart do so to the end.
const path = process.argv[2];
if (path !== undefined) {
  const rest = Array.from({ length: TIME - 1 }, () => rng.integer(SYMBOLS));
  const panels = Array.from({ length: SYMBOLS }, (_, first) => {
    const [hs] = scan(model.cell, oneHot(tensor([[first, ...rest]], { dtype: 'int32' }), SYMBOLS));
    const data = hs.reshape([TIME, 16]).transpose([1, 0]).dataSync();
    return {
      title: `begins with ${'abcd'[first]}`,
      matrix: { rows: 16, columns: TIME, data },
      range: [-1, 1] as const,
    };
  });
  const columnLabels = ['?', ...rest.map((symbol) => 'abcd'[symbol]!)];
  const title = 'What the units of a minimal gated cell hold';
  await writeFile(path, heatMapsSvg({ title, panels, columnLabels, xTitle: 'symbol read' }));
}

// How it is run: what is left in the loop, and what runs once for all steps.
console.log(explainScan(model.cell, { batch: BATCH }));
const { forwards, backwards } = scanReport(model.cell, { batch: BATCH, time: TIME, vjp });
if (!forwards?.compiled || !backwards?.compiled) throw new Error('it is not compiled');
