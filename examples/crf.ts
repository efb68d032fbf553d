// A tagger that chooses tags together: inside of a span no word says of which type it is, but the tag before it does.
// `node crf.ts figure.svg` draws how sure either is.
import { writeFile } from 'node:fs/promises';
import { Crf, ruleByNames } from '@unroll/architectures';
import { valueAndGrad } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { BIO } from '@unroll/data';
import { type HeatMapPanel, heatMapsSvg } from '@unroll/inspect';
import { Embedding, crossEntropy } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, scope, setBackend, softmax, tensor } from '@unroll/tensor';

setBackend(await wasm());

const WORDS = ['and', 'Dr', 'Port', 'Sand']; // outside, begins a person, begins a place, goes on with either
const TAGS = ['O', 'B-person', 'B-place', 'I-person', 'I-place'];
const [BATCH, TIME] = [32, 12];

const rng = new Rng(1);
// A score for each tag by the word alone: no recurrence, so that only the CRF sees the neighbours.
const alone = { emissions: new Embedding({ count: WORDS.length, size: TAGS.length, rng }) };
const together = {
  emissions: new Embedding({ count: WORDS.length, size: TAGS.length, rng }),
  crf: new Crf({ tagCount: TAGS.length, allows: ruleByNames(TAGS, BIO), rng }),
};

function drawBatch(): { words: Tensor; tags: Tensor } {
  const words: number[] = [];
  const tags: number[] = [];
  for (let i = 0; i < BATCH * TIME; i++) {
    const before = i % TIME === 0 ? 0 : tags[i - 1]!;
    const goesOn = before > 0 && rng.next() < 0.6;
    const begins = rng.next() < 0.5 ? 1 + rng.integer(2) : 0;
    tags.push(goesOn ? (before > 2 ? before : before + 2) : begins);
    words.push(goesOn ? 3 : begins);
  }
  const shape = [BATCH, TIME];
  return { words: tensor(Int32Array.from(words), { shape }), tags: tensor(Int32Array.from(tags), { shape }) };
}

function train(model: object, lossOf: (words: Tensor, tags: Tensor) => Tensor): void {
  const parameters = parametersOf(model);
  const optimizer = new Adam({ parameters, learningRate: 0.1 });
  for (let step = 0; step < 100; step++) {
    scope(() => {
      const { words, tags } = drawBatch();
      optimizer.step(valueAndGrad(() => lossOf(words, tags), parameters).grads);
    });
  }
}
train(alone, (words, tags) => crossEntropy(alone.emissions.forward(words), tags));
train(together, (words, tags) => together.crf.loss(together.emissions.forward(words), tags));

const { words, tags } = drawBatch();
const truth = [...tags.dataSync()];
const oneByOne = [...alone.emissions.forward(words).argmax().dataSync()];
const paths = await together.crf.viterbi(together.emissions.forward(words));

const percentRight = (found: readonly number[]): number =>
  Math.round((100 * found.filter((tag, i) => tag === truth[i]).length) / truth.length);
const right = percentRight(paths.flatMap((path) => path.tags));
console.log(`tags right, each word alone: ${percentRight(oneByOne)} %`);
console.log(`tags right, by the CRF:      ${right} %`);
for (const [i, word] of words.dataSync().slice(0, TIME).entries()) {
  console.log(WORDS[word]!.padEnd(6), TAGS[oneByOne[i]!]!.padEnd(10), TAGS[paths[0]!.tags[i]!]);
}
const path = process.argv[2];
if (path !== undefined) {
  // Of the first sentence: a row per tag, a column per word.
  const panel = (title: string, probabilities: Tensor): HeatMapPanel => ({
    title,
    matrix: { rows: TAGS.length, columns: TIME, data: probabilities.slice(0, 0, 1).transpose([0, 2, 1]).dataSync() },
    rowLabels: TAGS,
  });
  const panels = [
    panel('each word alone: softmax', softmax(alone.emissions.forward(words))),
    panel('together: marginals of the CRF', together.crf.marginals(together.emissions.forward(words))),
  ];
  const columnLabels = Array.from(words.dataSync().slice(0, TIME), (word) => WORDS[word]!);
  await writeFile(path, heatMapsSvg({ title: 'How probable each tag is', panels, columnLabels, xTitle: 'word' }));
}
if (right < 100) throw new Error('the CRF did not learn what follows what');
