// Is a review good or bad? A bidirectional LSTM reads the words in order; beside it stands a network that only averages them.
// "not good" is bad, and what follows "but" is what counts: a bag of words can't know.
//   node classification.ts [--data train.txt --dev dev.txt --epochs 5] [figure.svg]
// Such files have a label and a sentence a line: `1 a moving film`; they may be compressed as .gz.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ManyToOne, type Pooling, type SequenceLayer, lastState, lstm, meanPooling } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import { Vocabulary, collect, pad, readLines, trainValidationSplit } from '@unroll/data';
import { fileSource } from '@unroll/data/node';
import { heatMapsSvg } from '@unroll/inspect';
import { Dropout, Embedding, Linear, crossEntropy } from '@unroll/layers';
import { accuracy } from '@unroll/metrics';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, setBackend, softmax, tensor } from '@unroll/tensor';
import { bucketedSource, fit, predict } from '@unroll/training';

const { values: args, positionals } = parseArgs({
  options: { data: { type: 'string' }, dev: { type: 'string' }, epochs: { type: 'string', default: '5' } },
  allowPositionals: true,
});
setBackend(await wasm());
const rng = new Rng(1);

interface Example {
  readonly label: string;
  readonly words: readonly string[];
}

/** Reviews such as "the plot was good but the acting was not funny". */
function writeReview(): Example {
  const pick = <Item>(items: readonly Item[]): Item => items[rng.integer(items.length)]!;
  const clause = (): Example => {
    const [good, not] = [rng.integer(2) === 1, rng.integer(2) === 1];
    const word = pick(good ? ['good', 'funny', 'moving', 'clever'] : ['bad', 'dull', 'long', 'silly']);
    const words = ['the', pick(['plot', 'film', 'acting', 'ending']), 'was', ...(not ? ['not'] : []), word];
    return { label: good === not ? '0' : '1', words };
  };
  const [first, second] = [clause(), clause()];
  if (rng.integer(2) === 0) return first;
  return { label: second.label, words: [...first.words, 'but', ...second.words] };
}

async function readReviews(file: string): Promise<Example[]> {
  const lines = await collect(readLines(fileSource(file), { normalize: (line) => line.trim() }));
  return lines.map((line) => {
    const [label, ...words] = line.split(/\s+/);
    return { label: label!, words };
  });
}

const all = args.data ? await readReviews(args.data) : Array.from({ length: 1000 }, writeReview);
const parts = trainValidationSplit(all, { trainFraction: 0.9, rng });
const { train, validation } = args.dev ? { train: all, validation: await readReviews(args.dev) } : parts;
const labels = [...new Set(all.map(({ label }) => label))].toSorted();
const sentences = train.map(({ words }) => words);
const vocabulary = Vocabulary.fromSequences(sentences, { minFrequency: 2, specials: ['pad', 'unk'] });

const SIZE = 64;
const targetsOf = (examples: readonly Example[]): number[] => examples.map(({ label }) => labels.indexOf(label));

interface Judge {
  /** The share of new reviews that are judged right. */
  readonly right: number;
  /** How probable the last label is to a model that has read so many words of a review: one number for each word. */
  readonly wordByWord: (words: readonly string[]) => number[];
}

async function learn(layer: SequenceLayer, pooling: Pooling): Promise<Judge> {
  const rate = args.data ? 0.5 : 0;
  const output = new Linear({ inputSize: layer.outputSize, outputSize: labels.length, rng });
  const model = {
    embedding: new Embedding({ count: vocabulary.size, size: SIZE, rng }),
    dropout: new Dropout({ rate }),
    classifier: new ManyToOne({ layer, pooling, dropout: rate, output }),
  };
  /** [batch, labels]; with an rng, to train. */
  const logitsOf = (examples: readonly Example[], options: { rng?: Rng } = {}): Tensor => {
    const { tokens, mask } = pad(examples.map(({ words }) => vocabulary.encode(words)));
    const xs = model.dropout.forward(model.embedding.forward(tokens), options);
    return model.classifier.forward(xs, { mask, ...options })[0];
  };
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: args.data ? 0.001 : 0.005 }),
    source: bucketedSource(train, { batch: 32, length: ({ words }) => words.length, rng }),
    loss: (examples, { rng }) => ({
      loss: crossEntropy(logitsOf(examples, { rng }), tensor(targetsOf(examples), { dtype: 'int32' })),
    }),
    epochs: Number(args.epochs),
    clipNorm: 5,
    rng,
  });
  for await (const event of run) {
    if (event.type === 'done') console.log(`trained in ${event.seconds.toFixed(1)} s`);
  }
  const answers = await predict(validation, { batch: 256, forward: (some) => logitsOf(some).argmax(1) });
  return {
    right: accuracy(answers, targetsOf(validation)),
    wordByWord(words) {
      const beginnings = words.map((_, i) => ({ label: '', words: words.slice(0, i + 1) }));
      return [
        ...softmax(logitsOf(beginnings))
          .slice(1, labels.length - 1, 1)
          .dataSync(),
      ];
    },
  };
}

/** The words as they are: no order. */
const bag: SequenceLayer = { inputSize: SIZE, outputSize: SIZE, forward: (xs) => [xs, []] };
const bagOfWords = await learn(bag, meanPooling);
const reader = lstm({ inputSize: SIZE, hiddenSize: SIZE, bidirectional: true, rng });
const inOrder = await learn(reader, lastState());

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
console.log(`${train.length} reviews to learn from, ${validation.length} to be judged, ${vocabulary.size} words`);
console.log(`right: ${percent(bagOfWords.right)} as a bag of words, ${percent(inOrder.right)} by an LSTM`);
if (positionals[0] !== undefined) {
  const words = 'the plot was not good but the acting was not dull'.split(' ');
  const rows = { 'a bag of words': bagOfWords, 'an LSTM': inOrder };
  const data = Object.values(rows).flatMap((judge) => judge.wordByWord(words));
  const panel = { title: 'how good it is to', matrix: { rows: 2, columns: words.length, data } };
  const panels = [{ ...panel, rowLabels: Object.keys(rows), range: [0, 1] as const }];
  const title = 'A review, after each word';
  await writeFile(positionals[0], heatMapsSvg({ title, panels, columnLabels: words, xTitle: 'read so far' }));
}
if (!args.data && (inOrder.right < 0.97 || bagOfWords.right > 0.9)) throw new Error('order made no difference');
