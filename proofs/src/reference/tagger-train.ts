import {
  DEFAULT_CONFIG,
  type TaggedSentence,
  buildTagger,
  buildVocabularies,
  stepsPerEpoch,
  train,
} from '@unroll/tagger';
import { Rng, parametersOf } from '@unroll/tensor';

/** What there is after an epoch. */
export interface TaggerMeasurement {
  readonly epoch: number;
  /** Of the words of the validation sentences. */
  readonly accuracy: number;
  /** Processor time of training alone, so far. */
  readonly cpuSeconds: number;
  readonly parameters: number;
}

export interface TaggerRunOptions {
  readonly sentences: readonly TaggedSentence[];
  readonly validation: readonly TaggedSentence[];
  /** LSTM units that read a word's characters, each way; 0: none do. */
  readonly characters: number;
  readonly epochs: number;
  readonly seed: number;
}

const BATCH = 32;

/**
 * Trains a tagger as the reference was trained: words that occur twice, in lower case, embeddings of 100, an LSTM of 128 units each way, dropout 0.33
 * before and after it, Adam 2e-3, gradient norm clipped at 5, batches of 32 sorted by length inside windows of 50. `tagger train` with these settings
 * draws the same numbers and gives the same model.
 */
export async function* trainTagger(options: TaggerRunOptions): AsyncGenerator<TaggerMeasurement> {
  const { sentences, validation, characters, epochs, seed } = options;
  const root = new Rng(seed);
  const [modelRng, rng] = [root.fork(), root.fork()];
  const tagger = buildTagger({
    config: {
      ...DEFAULT_CONFIG,
      wordEmbedding: 100,
      characterEmbedding: 25,
      characterHidden: characters,
      hidden: 128,
      dropout: 0.33,
      lockedDropout: 0,
      wordDropout: 0,
    },
    vocabularies: buildVocabularies(sentences, { minFrequency: 2 }),
    rng: modelRng,
  });
  const parameters = parametersOf(tagger.model).reduce((sum, { value }) => sum + value.size, 0);
  const perEpoch = stepsPerEpoch(sentences.length, BATCH);
  const run = train({
    tagger,
    sentences,
    batch: BATCH,
    steps: epochs * perEpoch,
    learningRate: () => 2e-3,
    clipNorm: 5,
    rng,
    validation: { sentences: validation, every: perEpoch },
  });
  let cpuSeconds = 0;
  let since = process.cpuUsage();
  for await (const event of run) {
    if (event.type === 'step' && event.step % perEpoch === 0) cpuSeconds += secondsSince(since);
    if (event.type !== 'validation') continue;
    yield { epoch: event.step / perEpoch, accuracy: 1 - event.loss, cpuSeconds, parameters };
    since = process.cpuUsage();
  }
}

function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
