// The copying problem (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016): three symbols, a long pause, then say them again.
// A vanilla network confuses them. Gates help, if they are open long enough: a forget gate of 1 − ε forgets in about 1/ε steps.
//   node long-memory.ts [--full] [figure.svg]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { wasm } from '@unroll/backend-wasm';
import { GruCell, LstmCell, type RecurrentCell, VanillaCell, chronoBias, scan } from '@unroll/cells';
import { oneHot } from '@unroll/data';
import { curvesSvg, curvesText } from '@unroll/inspect';
import { terminal } from '@unroll/inspect/node';
import { Linear, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, setBackend, tensor } from '@unroll/tensor';
import { fit, sampledSource } from '@unroll/training';

const { values: args, positionals } = parseArgs({ options: { full: { type: 'boolean' } }, allowPositionals: true });
const { pause, steps } = args.full ? { pause: 60, steps: 4000 } : { pause: 20, steps: 600 };
const [BATCH, COUNT, HIDDEN] = [32, 3, 32];
const [SYMBOLS, SILENCE, SPEAK] = [4, 4, 5];
setBackend(await wasm());

/** xs [BATCH, COUNT + pause + COUNT, SYMBOLS + 2]: the symbols, silence, the request to speak; symbols int32 [BATCH, COUNT]. */
function drawBatch(rng: Rng): { xs: Tensor; symbols: Tensor } {
  const rows = Array.from({ length: BATCH }, () => Array.from({ length: COUNT }, () => rng.integer(SYMBOLS)));
  const inputs = rows.map((row) => [...row, ...Array(pause).fill(SILENCE), ...Array(COUNT).fill(SPEAK)]);
  const int32 = { dtype: 'int32' } as const;
  return { xs: oneHot(tensor(inputs, int32), SYMBOLS + 2), symbols: tensor(rows, int32) };
}

/** The loss while it learns: the means of the twentieths of all steps. A guess costs ln 4 = 1.386. */
async function learn(makeCell: (rng: Rng) => RecurrentCell): Promise<number[]> {
  const rng = new Rng(1);
  const model = { cell: makeCell(rng), output: new Linear({ inputSize: HIDDEN, outputSize: SYMBOLS, rng }) };
  const losses = Array.from({ length: 20 }, () => 0);
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.03 }),
    source: sampledSource({ sample: drawBatch, rng }),
    loss({ xs, symbols }) {
      const [ys] = scan(model.cell, xs);
      return { loss: crossEntropy(model.output.forward(ys.slice(1, COUNT + pause, COUNT)), symbols) };
    },
    steps,
    clipNorm: 1,
    rng,
  });
  for await (const event of run) {
    if (event.type === 'step') losses[Math.floor((event.step - 1) / (steps / 20))]! += event.loss / (steps / 20);
  }
  return losses;
}

const size = { inputSize: SYMBOLS + 2, hiddenSize: HIDDEN };
// Forget gates that start anywhere up to 1 − 1/(pause + 3): memories of all lengths, and not, as with σ(1) = 0.73, of four steps.
const patient = chronoBias({ longest: COUNT + pause });
const losses = {
  vanilla: await learn((rng) => new VanillaCell({ ...size, rng })),
  LSTM: await learn((rng) => new LstmCell({ ...size, rng })),
  'LSTM, patient': await learn((rng) => new LstmCell({ ...size, initializers: patient, rng })),
  GRU: await learn((rng) => new GruCell({ ...size, rng })),
};
const at = Array.from({ length: 20 }, (_, i) => ((i + 1) * steps) / 20);
const figure = {
  title: `Three symbols copied after a pause of ${pause} steps`,
  xTitle: 'training step',
  yTitle: 'loss, in nats per symbol',
  curves: Object.entries(losses).map(([name, values]) => ({ name, values, at })),
};
console.log(curvesText({ ...figure, ...terminal() }));
if (positionals[0] !== undefined) await writeFile(positionals[0], curvesSvg(figure));

const last = (curve: number[]): number => curve.at(-1)!;
for (const [name, curve] of Object.entries(losses)) {
  console.log(`${name.padEnd(13)} loss ${last(curve).toFixed(3)} after ${steps} steps of training`);
}
if (last(losses.vanilla) < 0.5 || last(losses['LSTM, patient']) > 0.3 || last(losses.GRU) > 0.1) {
  throw new Error('gates made no difference');
}
