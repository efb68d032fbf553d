// aⁿbⁿ: a language that no finite automaton recognises. An LSTM learns to count: a memory climbs with each a and comes down with each b.
// `node counting.ts figure.svg` draws gates and memory over a longer word than any that it was trained on.
import { writeFile } from 'node:fs/promises';
import { wasm } from '@unroll/backend-wasm';
import { LstmCell, scan } from '@unroll/cells';
import { TOY_TOKENS, anbn, oneHot, pad } from '@unroll/data';
import { heatMapText, heatMapsSvg, inspect, unitsOverTime } from '@unroll/inspect';
import { terminal } from '@unroll/inspect/node';
import { Linear, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, setBackend, tensor } from '@unroll/tensor';
import { fit, sampledSource } from '@unroll/training';

setBackend(await wasm());

const { start, end, symbol: a } = TOY_TOKENS;
const b = a + 1;
const TOKENS = b + 1;
const LONGEST = 10;
const SHOWN = 12;

const rng = new Rng(7);
const model = {
  cell: new LstmCell({ inputSize: TOKENS, hiddenSize: 4, rng }),
  output: new Linear({ inputSize: 4, outputSize: TOKENS, rng }),
};
const logitsOf = (tokens: Tensor): Tensor => model.output.forward(scan(model.cell, oneHot(tokens, TOKENS))[0]);

const run = fit({
  model,
  optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.03 }),
  source: sampledSource({
    rng,
    sample(rng) {
      const words = anbn({ rng, max: LONGEST });
      const batch = Array.from({ length: 16 }, () => words.next().value);
      const { tokens: inputs } = pad(batch.map((word) => word.subarray(0, -1)));
      const { tokens: targets, mask } = pad(batch.map((word) => word.subarray(1)));
      return { inputs, targets, mask };
    },
  }),
  loss: ({ inputs, targets, mask }) => ({ loss: crossEntropy(logitsOf(inputs), targets, { mask }) }),
  steps: 600,
  clipNorm: 1,
  rng,
});
for await (const event of run) {
  if (event.type === 'step' && event.step % 150 === 0) console.log(`step ${event.step}  loss ${event.loss.toFixed(3)}`);
}

const word = [start, ...Array<number>(SHOWN).fill(a), ...Array<number>(SHOWN).fill(b)];
const inputs = tensor([word], { dtype: 'int32' });
const predicted = [...logitsOf(inputs).argmax().dataSync()];
const letters = word.map((token) => (token === a ? 'a' : token === b ? 'b' : '^'));

const gates = await inspect(model.cell, oneHot(inputs, TOKENS));
const panels = [
  { title: 'memory c', matrix: unitsOverTime(gates.get('c')!) },
  { title: 'input gate i', matrix: unitsOverTime(gates.get('i')!) },
  { title: 'forget gate f', matrix: unitsOverTime(gates.get('f')!) },
];
for (const panel of panels) console.log(heatMapText({ ...panel, columnLabels: letters, ...terminal() }));
const path = process.argv[2];
if (path !== undefined) {
  const rowLabels = ['1', '2', '3', '4'];
  const title = `An LSTM that counts, on a word longer than any it has seen (n = ${SHOWN})`;
  const rows = panels.map((panel) => ({ ...panel, rowLabels }));
  await writeFile(path, heatMapsSvg({ title, panels: rows, columnLabels: letters, xTitle: 'what is read' }));
}

// After the first b everything is determined: the end comes after as many b as there were a.
const expected = [...Array<number>(SHOWN - 1).fill(b), end];
const right = expected.filter((token, i) => predicted[SHOWN + 1 + i] === token).length;
console.log(`n = ${SHOWN}: ${right} of ${SHOWN} predictions after the first b are right`);
if (right < SHOWN - 1) throw new Error('it did not learn to count');
