// Which language is a name from? Characters in, one answer out: a bidirectional GRU, and what it knows at the end of each name.
//   node names-by-language.ts [--data folder] [figure.svg]
// A folder has one file for each language, `Italian.txt` or `Italian.txt.gz`, with a name a line.
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ManyToOne, gru, lastState } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import { Vocabulary, collect, pad, readLines, trainValidationSplit } from '@unroll/data';
import { fileSource } from '@unroll/data/node';
import { heatMapsSvg } from '@unroll/inspect';
import { Embedding, Linear, crossEntropy } from '@unroll/layers';
import { confusionMatrix } from '@unroll/metrics';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, setBackend, tensor } from '@unroll/tensor';
import { fit, predict, shuffledSource } from '@unroll/training';

const { values: args, positionals } = parseArgs({ options: { data: { type: 'string' } }, allowPositionals: true });
setBackend(await wasm());

const NAMES: Record<string, string[]> = {
  Greek: (
    'Papadopoulos Georgiou Nikolaidis Dimitriou Angelopoulos Vasilakis Antoniou Kostopoulos Makris ' +
    'Alexopoulos Theodorou Christodoulou Panagiotou Ioannidis Karagiannis Stavropoulos Economou Konstantinou ' +
    'Athanasiou Petropoulos Mitropoulos Vlahos Kanellopoulos Samaras Pappas Galanis Lambrakis Xenakis ' +
    'Zografos Theodorakis'
  ).split(' '),
  Italian: (
    'Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Mancini Costa ' +
    'Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini ' +
    'Leone Longo'
  ).split(' '),
  Japanese: (
    'Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki ' +
    'Yamaguchi Matsumoto Inoue Kimura Hayashi Shimizu Yamazaki Mori Abe Ikeda Hashimoto Ishikawa Nakajima ' +
    'Maeda Fujita Ogawa Okada'
  ).split(' '),
  Polish: (
    'Nowak Kowalski Wisniewski Wojcik Kowalczyk Kaminski Lewandowski Zielinski Szymanski Wozniak Dabrowski ' +
    'Kozlowski Jankowski Mazur Wojciechowski Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Zajac ' +
    'Pawlowski Michalski Krol Wieczorek Jablonski Wrobel Nowakowski Majewski Olszewski'
  ).split(' '),
};

/** Names by language, each name once. */
async function readNames(folder: string): Promise<Record<string, string[]>> {
  const names: Record<string, string[]> = {};
  for (const file of readdirSync(folder).filter((file) => /^[A-Z]\w+\.txt(\.gz)?$/.test(file))) {
    const lines = await collect(readLines(fileSource(join(folder, file))));
    names[file.replace(/\..*/, '')] = [...new Set(lines.map((line) => line.trim()))];
  }
  return names;
}

interface Example {
  readonly name: string;
  readonly label: number;
}
const names = args.data === undefined ? NAMES : await readNames(args.data);
const languages = Object.keys(names).toSorted();
const examples = languages.flatMap((language, label) => names[language]!.map((name): Example => ({ name, label })));

const rng = new Rng(1);
const { train, validation } = trainValidationSplit(examples, { trainFraction: 0.8, rng });
const letters = Vocabulary.fromText(train.map(({ name }) => name).join(''), { specials: ['pad', 'unk'] });
const model = {
  embedding: new Embedding({ count: letters.size, size: 16, rng }),
  classifier: new ManyToOne({
    layer: gru({ inputSize: 16, hiddenSize: 64, bidirectional: true, rng }),
    pooling: lastState(),
    output: new Linear({ inputSize: 128, outputSize: languages.length, rng }),
  }),
};

/** [batch, languages] */
function logitsOf(batch: readonly Example[]): Tensor {
  const { tokens, mask } = pad(batch.map(({ name }) => letters.encode(name)));
  return model.classifier.forward(model.embedding.forward(tokens), { mask })[0];
}

const epochs = args.data === undefined ? 15 : 5;
const run = fit({
  model,
  optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.003 }),
  source: shuffledSource(train, { batch: 32, rng }),
  loss(examples) {
    const labels = tensor(
      examples.map(({ label }) => label),
      { dtype: 'int32' },
    );
    return { loss: crossEntropy(logitsOf(examples), labels) };
  },
  epochs,
  clipNorm: 5,
  rng,
});
for await (const event of run) {
  if (event.type === 'done')
    console.log(`trained on ${train.length} names, ${epochs} times, in ${event.seconds.toFixed(1)} s`);
}

const best = await predict(validation, { batch: 256, forward: (some) => logitsOf(some).argmax(1) });
const matrix = confusionMatrix(
  Array.from(best, (label) => languages[label]!),
  validation.map(({ label }) => languages[label]!),
);
console.log(`${(100 * matrix.accuracy).toFixed(1)} % of ${validation.length} new names are right`);
console.log(String(matrix));
if (positionals[0] !== undefined) {
  // Of each language, the shares taken for each.
  const shares = matrix.counts.flatMap((row) => row.map((count) => count / row.reduce((sum, each) => sum + each, 0)));
  const square = { rows: languages.length, columns: languages.length, data: shares };
  const panel = { title: 'down: the language; across: the answer', matrix: square, rowLabels: matrix.labels };
  const labels = { columnLabels: matrix.labels, xTitle: '' };
  await writeFile(positionals[0], heatMapsSvg({ title: 'Names by language', panels: [panel], ...labels }));
}
if (matrix.accuracy < 0.7) throw new Error('the network did not learn to tell the languages');
