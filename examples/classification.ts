// Is a review good or bad? A bidirectional LSTM reads the words in order; beside it stands a network that only averages them.
// "not good" is bad, and what follows "but" is what counts: a bag of words can't know.
//   --data train.txt --dev dev.txt   a label and a sentence a line, such as `1 a moving film`; .gz is fine
import { parseArgs } from 'node:util';
import { ManyToOne, type SequenceLayer, lastState, lstm, meanPooling } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import type { State } from '@unroll/cells';
import { Vocabulary, collect, pad, readLines, trainValidationSplit } from '@unroll/data';
import { fileSource } from '@unroll/data/node';
import { Dropout, Embedding, Linear, crossEntropy } from '@unroll/layers';
import { accuracy } from '@unroll/metrics';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, scope, setBackend, tensor } from '@unroll/tensor';
import { bucketedSource, fit } from '@unroll/training';

const { values: args } = parseArgs({
  options: { data: { type: 'string' }, dev: { type: 'string' }, epochs: { type: 'string', default: '5' } },
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
  const clause = (): { good: boolean; text: string } => {
    const [good, not] = [rng.integer(2) === 1, rng.integer(2) === 1];
    const word = pick(good ? ['good', 'funny', 'moving', 'clever'] : ['bad', 'dull', 'long', 'silly']);
    return {
      good: good !== not,
      text: `the ${pick(['plot', 'film', 'acting', 'ending'])} was ${not ? 'not ' : ''}${word}`,
    };
  };
  const clauses = Array.from({ length: 1 + rng.integer(2) }, clause);
  return {
    label: clauses.at(-1)!.good ? '1' : '0',
    words: clauses
      .map(({ text }) => text)
      .join(' but ')
      .split(' '),
  };
}

async function readReviews(file: string): Promise<Example[]> {
  const lines = await collect(readLines(fileSource(file), { normalize: (line) => line.trim() }));
  return lines.map((line) => {
    const [label, ...words] = line.split(/\s+/);
    return { label: label!, words };
  });
}

const all = args.data ? await readReviews(args.data) : Array.from({ length: 1000 }, writeReview);
const halves = trainValidationSplit(all, { trainFraction: 0.9, rng });
const { train, validation } = args.dev ? { train: all, validation: await readReviews(args.dev) } : halves;
const labels = [...new Set(all.map(({ label }) => label))].toSorted();
const vocabulary = Vocabulary.fromSequences(
  train.map(({ words }) => words),
  {
    minFrequency: 2,
    specials: ['pad', 'unk'],
  },
);

const SIZE = 64;

/** The share of reviews that each epoch of training gets right, of those that it has not seen. */
async function learn(encoder: ManyToOne<State>): Promise<number[]> {
  const model = {
    embedding: new Embedding({ count: vocabulary.size, size: SIZE, rng }),
    encoder,
    output: new Linear({ inputSize: encoder.outputSize, outputSize: labels.length, rng }),
  };
  const dropout = new Dropout({ rate: args.data ? 0.5 : 0 });
  /** [batch, labels] */
  const logitsOf = (examples: readonly Example[], options: { rng?: Rng } = {}): Tensor => {
    const { tokens, mask } = pad(examples.map(({ words }) => vocabulary.encode(words)));
    const [encoded] = model.encoder.forward(dropout.forward(model.embedding.forward(tokens), options), { mask });
    return model.output.forward(dropout.forward(encoded, options));
  };
  const score = (): number => {
    const answers: string[] = [];
    for (let start = 0; start < validation.length; start += 256) {
      const best = scope(() =>
        logitsOf(validation.slice(start, start + 256))
          .argmax(1)
          .dataSync(),
      );
      answers.push(...Array.from(best, (label) => labels[label]!));
    }
    return accuracy(
      answers,
      validation.map(({ label }) => label),
    );
  };
  const stepsPerEpoch = Math.ceil(train.length / 32);
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: args.data ? 0.001 : 0.005 }),
    source: bucketedSource(train, { batch: 32, length: ({ words }) => words.length, rng }),
    loss(examples, { rng }) {
      const targets = tensor(
        examples.map(({ label }) => labels.indexOf(label)),
        { dtype: 'int32' },
      );
      return { loss: crossEntropy(logitsOf(examples, { rng }), targets) };
    },
    steps: Number(args.epochs) * stepsPerEpoch,
    clipNorm: 5,
    rng,
  });
  const scores: number[] = [];
  for await (const event of run) {
    if (event.type === 'step' && event.step % stepsPerEpoch === 0) scores.push(score());
  }
  return scores;
}

/** The words as they are: no order. */
const bag: SequenceLayer = { inputSize: SIZE, outputSize: SIZE, forward: (xs) => [xs, []] };
const bagOfWords = await learn(new ManyToOne({ layer: bag, pooling: meanPooling }));
const reader = lstm({ inputSize: SIZE, hiddenSize: SIZE, bidirectional: true, rng });
const inOrder = await learn(new ManyToOne({ layer: reader, pooling: lastState() }));

console.log(`${train.length} reviews to learn from, ${validation.length} to be judged, ${vocabulary.size} words`);
const percent = (scores: number[]): string => scores.map((score) => (100 * score).toFixed(1)).join(' ');
console.log(`right by epoch, in percent: bag of words ${percent(bagOfWords)}, LSTM ${percent(inOrder)}`);
if (!args.data && (inOrder.at(-1)! < 0.97 || bagOfWords.at(-1)! > 0.9)) throw new Error('order made no difference');
