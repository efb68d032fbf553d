import { crossEntropy } from '@unroll/layers';
import { bleu, tokenizerNone } from '@unroll/metrics';
import { Adam } from '@unroll/optim';
import { Rng, parametersOf } from '@unroll/tensor';
import { epochSource, fit } from '@unroll/training';
import {
  type EncodedPair,
  type Pair,
  VocabularySide,
  buildTranslator,
  encodePair,
  likelihood,
  pairBatch,
  translate,
} from '@unroll/translator';

/** What there is after an epoch. */
export interface TranslationMeasurement {
  readonly epoch: number;
  /** Of the validation targets, their ends included. */
  readonly perplexity: number;
  /** Of greedy translations, over tokens as they are. */
  readonly bleu: number;
  /** Mean of −log p while learning. */
  readonly trainLoss: number;
  /** Processor time of training alone, so far. */
  readonly cpuSeconds: number;
  readonly parameters: number;
}

export interface TranslationOptions {
  readonly train: readonly Pair[];
  readonly validation: readonly Pair[];
  readonly epochs: number;
  readonly seed: number;
}

/** The longest side of a pair that is learned from, in words. */
const LONGEST = 40;
const BATCH = 64;

/**
 * Trains a translator as the reference was trained: words that occur twice, a bidirectional GRU, additive attention, the readout
 * tanh(W [h; context; embedding]), dropout 0.3, Adam 1e-3, gradient norm clipped at 1, batches of 64 sorted inside windows of 50 by the lengths of target and
 * source.
 */
export async function* trainTranslator({
  train,
  validation,
  epochs,
  seed,
}: TranslationOptions): AsyncGenerator<TranslationMeasurement> {
  const words = (text: string): number => text.split(/\s+/u).length;
  const pairs = train.filter(({ source, target }) => words(source) <= LONGEST && words(target) <= LONGEST);
  const sideOf = (side: keyof Pair): VocabularySide =>
    VocabularySide.of(
      pairs.map((pair) => pair[side]),
      { cut: 'words', minFrequency: 2 },
    );
  const rng = new Rng(seed);
  const translator = buildTranslator(
    {
      from: 'de',
      to: 'en',
      cell: 'gru',
      attention: 'additive',
      layers: 1,
      hiddenSize: 128,
      embeddingSize: 128,
      dropout: 0.3,
      tied: false,
    },
    { source: sideOf('source'), target: sideOf('target'), rng },
  );
  const { model } = translator;
  const parameters = parametersOf(model);
  const encoded = pairs.map((pair) => encodePair(translator, pair));
  const perEpoch = Math.ceil(encoded.length / BATCH);
  let [tokens, nats, count] = [0, 0, 0];
  const run = fit({
    model,
    optimizer: new Adam({ parameters, learningRate: 1e-3 }),
    source: epochSource({ epoch: (rng) => sortedBatches(encoded, rng), rng, batchesPerEpoch: perEpoch }),
    loss(batch, { rng }) {
      const { source, sourceMask, inputs, targets, mask } = pairBatch(translator, batch);
      const { logits } = model.forward(source, inputs, { sourceMask, mask, rng });
      tokens = batch.reduce((sum, { target }) => sum + target.length + 1, 0);
      return { loss: crossEntropy(logits, targets, { mask }) };
    },
    epochs,
    clipNorm: 1,
    rng,
  });
  let cpuSeconds = 0;
  let start = process.cpuUsage();
  for await (const event of run) {
    if (event.type !== 'step') continue;
    nats += event.loss * tokens;
    count += tokens;
    if (event.step % perEpoch !== 0) continue;
    const { user, system } = process.cpuUsage(start);
    cpuSeconds += (user + system) / 1e6;
    const judged = await likelihood({ translator, pairs: validation, batch: 100 });
    const found = await translate({
      translator,
      texts: validation.map(({ source }) => source),
      beamSize: 1,
      // As the reference, which may write what stands for unknown words.
      constraints: [],
      maxLength: 40,
      batch: 100,
    });
    yield {
      epoch: event.step / perEpoch,
      perplexity: Math.exp(judged.nats / judged.tokens),
      bleu: bleu(
        found.map(({ text }) => text),
        validation.map(({ target }) => target),
        { tokenizer: tokenizerNone },
      ).score,
      trainLoss: nats / count,
      cpuSeconds,
      parameters: parameters.reduce((sum, { value }) => sum + value.size, 0),
    };
    [nats, count] = [0, 0];
    start = process.cpuUsage();
  }
}

/** In random order, sorted inside windows of 50 batches by the lengths of target and then source, cut, and the batches shuffled. */
function* sortedBatches(pairs: readonly EncodedPair[], rng: Rng): Generator<readonly EncodedPair[]> {
  const shuffled = Array.from(rng.permutation(pairs.length), (i) => pairs[i]!);
  const batches: (readonly EncodedPair[])[] = [];
  for (let at = 0; at < shuffled.length; at += 50 * BATCH) {
    const sorted = shuffled
      .slice(at, at + 50 * BATCH)
      .toSorted((a, b) => a.target.length - b.target.length || a.source.length - b.source.length);
    for (let i = 0; i < sorted.length; i += BATCH) batches.push(sorted.slice(i, i + BATCH));
  }
  for (const i of rng.permutation(batches.length)) yield batches[i]!;
}
