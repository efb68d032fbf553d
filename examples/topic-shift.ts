// What does a network do where the topic changes? An LSTM that predicts the next word learns to remember the topic: words of a topic write, common
// words keep, and at a word of another topic the memory moves to another place. `node topic-shift.ts figure.svg` draws it.
import { writeFile } from 'node:fs/promises';
import { wasm } from '@unroll/backend-wasm';
import { LstmCell, scan } from '@unroll/cells';
import { heatMapText, heatMapsSvg, inspect, unitsOverTime } from '@unroll/inspect';
import { terminal } from '@unroll/inspect/node';
import { Embedding, Linear, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, setBackend, tensor } from '@unroll/tensor';
import { fit, sampledSource } from '@unroll/training';

setBackend(await wasm());

/** Some words are said about every topic. */
const COMMON = ['the', 'a', 'is', 'of', 'and', 'new'];
const TOPICS = {
  music: ['song', 'choir', 'violin', 'rhythm', 'singer', 'melody'],
  sea: ['wave', 'ship', 'sailor', 'harbour', 'tide', 'fish'],
  space: ['star', 'planet', 'orbit', 'comet', 'rocket', 'moon'],
};
const WORDS = [...COMMON, ...Object.values(TOPICS).flat()];
const BATCH = 32;
const TIME = 24;

const rng = new Rng(1);
const model = {
  embedding: new Embedding({ count: WORDS.length, size: 12, rng }),
  cell: new LstmCell({ inputSize: 12, hiddenSize: 12, rng }),
  output: new Linear({ inputSize: 12, outputSize: WORDS.length, rng }),
};
const inputOf = (words: Tensor): Tensor => model.embedding.forward(words);

/** Words of a topic that now and then changes. */
function text(rng: Rng, length: number): Int32Array {
  const topics = Object.values(TOPICS);
  let topic = topics[rng.integer(topics.length)]!;
  return Int32Array.from({ length }, () => {
    if (rng.next() < 0.08) topic = topics[rng.integer(topics.length)]!;
    const words = rng.next() < 0.4 ? COMMON : topic;
    return WORDS.indexOf(words[rng.integer(words.length)]!);
  });
}

const run = fit({
  model,
  optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.01 }),
  source: sampledSource({
    rng,
    sample: (rng) =>
      tensor(
        Array.from({ length: BATCH }, () => [...text(rng, TIME + 1)]),
        { dtype: 'int32' },
      ),
  }),
  loss(words) {
    const [ys] = scan(model.cell, inputOf(words.slice(1, 0, TIME)));
    return { loss: crossEntropy(model.output.forward(ys), words.slice(1, 1, TIME)) };
  },
  steps: 500,
  clipNorm: 1,
  rng,
});
for await (const event of run) {
  if (event.type === 'step' && event.step % 100 === 0) console.log(`step ${event.step}  loss ${event.loss.toFixed(3)}`);
}

const shown = 'the song of a choir is new and the violin wave is a ship of the tide and harbour'.split(' ');
const shift = shown.indexOf('wave');
const words = tensor([shown.map((word) => WORDS.indexOf(word))], { dtype: 'int32' });
const series = await inspect(model.cell, inputOf(words));
const c = unitsOverTime(series.get('c')!);
const f = unitsOverTime(series.get('f')!);

/** ‖c_t − c_{t−1}‖, from 0 on. */
const moved = Float64Array.from({ length: c.columns }, (_, t) => {
  let sum = 0;
  for (let unit = 0; unit < c.rows; unit++) {
    const at = unit * c.columns + t;
    sum += (c.data[at]! - (t > 0 ? c.data[at - 1]! : 0)) ** 2;
  }
  return Math.sqrt(sum);
});
const panels = [
  { title: 'how far the memory moves', matrix: { rows: 1, columns: c.columns, data: moved } },
  { title: 'forget gate f: 1 keeps the memory', matrix: f },
  { title: 'memory c', matrix: c },
];
for (const panel of panels) console.log(heatMapText({ ...panel, ...terminal() }));
for (const [t, word] of shown.entries()) {
  console.log(
    `${word.padEnd(8)} ${'#'.repeat(Math.round(12 * moved[t]!))}${t === shift ? '  <- the topic changes' : ''}`,
  );
}
const path = process.argv[2];
if (path !== undefined) {
  const title = 'An LSTM where the topic changes: music, then sea';
  await writeFile(path, heatMapsSvg({ title, panels, columnLabels: shown, xTitle: 'word' }));
}

const isLate = (t: number): boolean => t > 2 && t !== shift;
const usual = moved.filter((_, t) => isLate(t)).reduce((sum, x) => sum + x, 0) / (moved.length - 4);
console.log(`moved at the shift: ${moved[shift]!.toFixed(2)}; elsewhere ${usual.toFixed(2)} on average`);
if (moved[shift]! < 2 * usual) throw new Error('the memory did not notice the topic');
