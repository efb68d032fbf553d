// Why gated cells: how far back does a gradient reach? The last output of new cells is differentiated by the states before it.
// `node vanishing-gradients.ts figure.svg` draws the curves into a file, too.
import { writeFile } from 'node:fs/promises';
import { wasm } from '@unroll/backend-wasm';
import { GruCell, LstmCell, type RecurrentCell, type State, VanillaCell, scan } from '@unroll/cells';
import { curvesSvg, curvesText, gradientThroughTime } from '@unroll/inspect';
import { terminal } from '@unroll/inspect/node';
import { constant, perGate } from '@unroll/layers';
import { Rng, setBackend } from '@unroll/tensor';

setBackend(await wasm());

const TIME = 60;
const BATCH = 8;

const rng = new Rng(1);
const sizes = { inputSize: 8, hiddenSize: 32, rng };
const xs = rng.normal([BATCH, TIME, sizes.inputSize]);
const direction = rng.normal([BATCH, sizes.hiddenSize]);

/** ‖∂L/∂s_t‖ by the state of the longest memory, over its value at the last step. */
async function reachOf<S extends State>(cell: RecurrentCell<S>): Promise<readonly number[]> {
  const lastOutput = () =>
    scan(cell, xs)[0]
      .slice(1, TIME - 1, 1)
      .squeeze(1);
  const norms = await gradientThroughTime({ model: cell, loss: () => lastOutput().mul(direction).sum() });
  const norm = norms.get('c') ?? norms.get('h')!;
  return Array.from(norm, (x) => x / norm.at(-1)!);
}

// i, f, g, o: f = σ(5) keeps 99 % of the memory from step to step.
const remembering = perGate([constant(0), constant(5), constant(0), constant(0)]);
const curves = [
  { name: 'vanilla', values: await reachOf(new VanillaCell(sizes)) },
  { name: 'GRU', values: await reachOf(new GruCell(sizes)) },
  { name: 'LSTM', values: await reachOf(new LstmCell(sizes)) },
  {
    name: 'LSTM, forget bias 5',
    values: await reachOf(new LstmCell({ ...sizes, initializers: { bias_ih: remembering } })),
  },
];
const figure = {
  title: 'Gradient of the last output by the state at step t, before training',
  yTitle: 'norm, relative to the last step',
  curves,
  logarithmic: true,
};
console.log(curvesText({ ...figure, ...terminal() }));
const path = process.argv[2];
if (path !== undefined) await writeFile(path, curvesSvg(figure));

const [vanilla, gru, lstm, rememberingLstm] = curves.map(({ values }) => values[0]!) as [
  number,
  number,
  number,
  number,
];
if (!(vanilla < gru && gru < lstm && lstm < rememberingLstm && rememberingLstm > 0.01)) {
  throw new Error('the gates did not help');
}
