// The state is a value: a sequence in one go, in chunks, or one step at a time gives the same outputs.
// `node streaming.ts figure.svg` draws what becomes of the second chunk where the state is left out.
import { writeFile } from 'node:fs/promises';
import { wasm } from '@unroll/backend-wasm';
import { LstmCell, Stream, scan } from '@unroll/cells';
import { type HeatMapPanel, heatMapsSvg } from '@unroll/inspect';
import { Rng, type Tensor, concat, setBackend, stack, unstack } from '@unroll/tensor';

setBackend(await wasm());

const rng = new Rng(1);
const cell = new LstmCell({ inputSize: 3, hiddenSize: 8, rng });
const sequence = rng.normal([1, 20, 3]);

const [whole] = scan(cell, sequence);

const [head, tail] = sequence.split(1, [13, 7]);
const [firstPart, middle] = scan(cell, head);
const [secondPart] = scan(cell, tail, { state: middle });
const inChunks = concat([firstPart, secondPart], 1);

// By the definition, which brings derivatives.
let state = cell.initialState(1);
const outputs = unstack(sequence, 1).map((x) => {
  const [y, next] = cell.step(x, state);
  state = next;
  return y;
});
const stepByStep = stack(outputs, 1);

// For a sequence that has no end, many times as fast: x could come from a microphone or a socket.
const stream = new Stream({ cell });
const streamed = stack(
  unstack(sequence, 1).map((x) => stream.step(x).detach()), // y itself is there until the next step
  1,
);
const remembered = stream.state; // to go on from here later: stream.reset(remembered)

for (const [name, ys] of Object.entries({ inChunks, stepByStep, streamed })) {
  const difference = whole.sub(ys).abs().max().item();
  console.log(`${name}: largest difference from the whole sequence ${difference}`);
  if (difference > 1e-6) throw new Error(`${name} differs`);
}
console.log('the cell remembers', remembered.c);

const path = process.argv[2];
if (path !== undefined) {
  const [forgetful] = scan(cell, tail); // begins anew
  const panel = (title: string, ys: Tensor): HeatMapPanel => ({
    title,
    matrix: { rows: 8, columns: 20, data: ys.reshape([20, 8]).transpose([1, 0]).dataSync() },
  });
  const panels = [
    panel('in one go', whole),
    panel('in chunks of 13 and 7, with the state', inChunks),
    panel('the second chunk without the state: how far off', concat([firstPart, forgetful], 1).sub(whole)),
  ];
  await writeFile(path, heatMapsSvg({ title: 'Eight units over twenty steps', panels }));
}
