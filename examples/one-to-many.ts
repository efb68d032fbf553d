// One to many: a picture, as a vector, becomes the state of a decoder, which then spells what it saw, letter by letter.
// `node one-to-many.ts figure.svg` draws pictures and what it called them.
import { writeFile } from 'node:fs/promises';
import { LinearBridge, PlainDecoder, TokenDecoder, generate, greedy, vectorSource } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import { GruCell } from '@unroll/cells';
import { Vocabulary, pad } from '@unroll/data';
import { heatMapsSvg, viridis } from '@unroll/inspect';
import { Embedding, Linear, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, setBackend, tensor } from '@unroll/tensor';
import { fit, sampledSource } from '@unroll/training';

// Three by five pixels each, row by row.
const PICTURES = {
  zero: '###|# #|# #|# #|###',
  one: ' # |## | # | # |###',
  two: '###|  #|###|#  |###',
  three: '###|  #| ##|  #|###',
  four: '# #|# #|###|  #|  #',
  five: '###|#  |###|  #|###',
  six: '###|#  |###|# #|###',
  seven: '###|  #| # | # | # ',
  eight: '###|# #|###|# #|###',
  nine: '###|# #|###|  #|###',
};
const captions = Object.keys(PICTURES);
const pixels = Object.values(PICTURES).map((picture) =>
  Array.from(picture.replaceAll('|', ''), (pixel) => (pixel === '#' ? 1 : 0)),
);
const letters = Vocabulary.fromText(captions.join(''), { specials: ['pad', 'bos', 'eos'] });
const HIDDEN = 48;
setBackend(await wasm());

const rng = new Rng(1);
const cell = new GruCell({ inputSize: 8, hiddenSize: HIDDEN, rng });
const model = new TokenDecoder({
  embedding: new Embedding({ count: letters.size, size: 8, rng }),
  decoder: new PlainDecoder({ cell }),
  bridge: new LinearBridge({ inputSize: 15, cell, rng }), // from the picture to the decoder's first state
  output: new Linear({ inputSize: HIDDEN, outputSize: letters.size, rng }),
});

/** Noisy pictures [32, 15], and which they are. */
function drawBatch(rng: Rng): { noisy: Tensor; labels: number[] } {
  const labels = Array.from({ length: 32 }, () => rng.integer(pixels.length));
  const clean = tensor(labels.map((label) => pixels[label]!));
  return { noisy: clean.add(rng.normal(clean.shape, { std: 0.2 })), labels };
}

const run = fit({
  model,
  optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.01 }),
  source: sampledSource({ sample: drawBatch, rng }),
  loss({ noisy, labels }) {
    const words = labels.map((label) => letters.encode(captions[label]!));
    // Read <bos> o n e, to be answered by o n e <eos>.
    const { tokens, mask } = pad(words.map((word) => [letters.bosId, ...word]));
    const { tokens: targets } = pad(words.map((word) => [...word, letters.eosId]));
    const { logits } = model.forward(vectorSource(noisy), tokens, { mask });
    return { loss: crossEntropy(logits, targets, { mask }) };
  },
  steps: 300,
  rng,
});
for await (const event of run) {
  if (event.type === 'step' && event.step % 100 === 0) console.log(`step ${event.step}: loss ${event.loss.toFixed(4)}`);
}

/** What the model says of a picture [1, 15], letter by letter. */
async function captionOf(picture: Tensor): Promise<string> {
  const { memory, state } = model.begin(vectorSource(picture));
  const decoder = { cell: model.over(memory), state, prompt: [letters.bosId], choose: greedy() };
  let caption = '';
  for await (const token of generate({ ...decoder, length: 10 })) {
    if (token === letters.eosId) break;
    caption += letters.tokenOf(token);
  }
  return caption;
}

const { noisy, labels } = drawBatch(new Rng(2));
const called: string[] = [];
for (const row of labels.keys()) called.push(await captionOf(noisy.slice(0, row, 1)));
for (const row of [0, 1, 2, 3, 4]) console.log(`a noisy ${captions[labels[row]!]} is called "${called[row]}"`);
const right = called.filter((caption, row) => caption === captions[labels[row]!]).length;
console.log(`${right} of ${labels.length} pictures have the right name`);

// The first twelve pictures, side by side with a gap: a row of pixels after the other.
const columns = 12 * 4 - 1;
const data = Array.from({ length: 5 * columns }, (_, i) => {
  const [y, x] = [Math.floor(i / columns), i % columns];
  return x % 4 === 3 ? NaN : noisy.dataSync()[Math.floor(x / 4) * 15 + y * 3 + (x % 4)]!;
});
const path = process.argv[2];
if (path !== undefined) {
  const panels = [
    {
      title: 'read: three by five pixels, with noise',
      matrix: { rows: 5, columns, data },
      palette: viridis,
      range: [0, 1] as const,
    },
  ];
  const columnLabels = Array.from({ length: columns }, (_, x) => (x % 4 === 1 ? called[Math.floor(x / 4)]! : ''));
  await writeFile(
    path,
    heatMapsSvg({ title: 'Pictures, and what the decoder wrote', panels, columnLabels, xTitle: 'written' }),
  );
}
if (right < 28) throw new Error('the decoder did not learn to spell');
