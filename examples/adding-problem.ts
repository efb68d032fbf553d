// The adding problem (Hochreiter & Schmidhuber 1997): of a sequence of random numbers two are marked; what is their sum?
// Who always answers 1 has a mean square error of 1/6. To do better, a network must keep a number for up to `time` steps.
//   node adding-problem.ts [--full] [figure.svg]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ManyToOne, type SequenceLayer, gru, lastState, lstm, rnn } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import { curvesSvg, curvesText } from '@unroll/inspect';
import { terminal } from '@unroll/inspect/node';
import { Linear, meanSquaredError } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, setBackend, tensor } from '@unroll/tensor';
import { fit, sampledSource } from '@unroll/training';

const { values: args, positionals } = parseArgs({ options: { full: { type: 'boolean' } }, allowPositionals: true });
const { time, steps } = args.full ? { time: 200, steps: 4000 } : { time: 30, steps: 600 };
const BATCH = 50;
setBackend(await wasm());

/** xs [BATCH, time, 2]: a number from 0 to 1, and whether it is marked, once in each half; sums [BATCH, 1]. */
function drawBatch(rng: Rng): { xs: Tensor; sums: Tensor } {
  const xs = new Float32Array(BATCH * time * 2);
  const sums = new Float32Array(BATCH);
  for (let row = 0; row < BATCH; row++) {
    for (let t = 0; t < time; t++) xs[(row * time + t) * 2] = rng.next();
    for (const half of [0, time / 2]) {
      const at = (row * time + half + rng.integer(time / 2)) * 2;
      xs[at + 1] = 1;
      sums[row]! += xs[at]!;
    }
  }
  return { xs: tensor(xs, { shape: [BATCH, time, 2] }), sums: tensor(sums, { shape: [BATCH, 1] }) };
}

/** The error while it learns: the means of the twentieths of all steps. */
async function learn(layer: SequenceLayer): Promise<number[]> {
  const rng = new Rng(1);
  const output = new Linear({ inputSize: layer.outputSize, outputSize: 1, rng });
  const model = new ManyToOne({ layer, pooling: lastState(), output });
  const errors = Array.from({ length: 20 }, () => 0);
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.01 }),
    source: sampledSource({ sample: drawBatch, rng }),
    loss: ({ xs, sums }) => ({ loss: meanSquaredError(model.forward(xs)[0], sums) }),
    steps,
    clipNorm: 1,
    rng,
  });
  for await (const event of run) {
    if (event.type === 'step') errors[Math.floor((event.step - 1) / (steps / 20))]! += event.loss / (steps / 20);
  }
  return errors;
}

const size = { inputSize: 2, hiddenSize: 32 };
const errors = {
  vanilla: await learn(rnn({ ...size, rng: new Rng(2) })),
  LSTM: await learn(lstm({ ...size, rng: new Rng(2) })),
  GRU: await learn(gru({ ...size, rng: new Rng(2) })),
};
const at = Array.from({ length: 20 }, (_, i) => ((i + 1) * steps) / 20);
const figure = {
  title: `The adding problem over ${time} steps`,
  xTitle: 'training step',
  yTitle: 'mean square error',
  logarithmic: true,
  curves: Object.entries(errors).map(([name, values]) => ({ name, values, at })),
};
console.log(curvesText({ ...figure, ...terminal() }));
if (positionals[0] !== undefined) await writeFile(positionals[0], curvesSvg(figure));

const last = (curve: number[]): number => curve.at(-1)!;
for (const [name, curve] of Object.entries(errors)) {
  console.log(`${name.padEnd(8)} error ${last(curve).toFixed(4)} after ${steps} steps of training`);
}
if (last(errors.vanilla) < 0.1 || last(errors.LSTM) > 0.05 || last(errors.GRU) > 0.05) {
  throw new Error('gates made no difference');
}
