import { Crf, type Stacked, lstm, ruleByNames } from '@unroll/architectures';
import { Embedding, Linear, crossEntropy, dropout, dropoutMask } from '@unroll/layers';
import { type Rng, type Tensor, concat, softmax, where } from '@unroll/tensor';
import type { TaggerInput } from './batch.ts';
import { type TaggerConfig } from './config.ts';
import { schemeOf } from './scheme.ts';
import { Speller } from './speller.ts';
import type { Vocabularies } from './vocabularies.ts';

export interface TaggerOptions {
  readonly config: TaggerConfig;
  readonly vocabularies: Vocabularies;
  /** Draws the initial parameters. */
  readonly rng: Rng;
  /** What words begin with: [words, wordEmbedding]. Default N(0, 1). */
  readonly wordVectors?: Tensor | undefined;
}

export interface TaggerCallOptions {
  /** Given while training: what is dropped is drawn from it. */
  readonly rng?: Rng | undefined;
}

/**
 * A BiLSTM tagger (Huang, Xu & Yu 2015; Lample et al. 2016):
 *
 *     word = [embedding(word); BiLSTM or CNN(characters)]   →   BiLSTM over the sentence   →   linear   →   softmax or CRF
 */
export class Tagger {
  readonly wordEmbedding: Embedding;
  readonly speller: Speller | undefined;
  readonly recurrent: Stacked;
  readonly output: Linear;
  readonly crf: Crf | undefined;
  readonly #config: TaggerConfig;
  readonly #unknown: number;

  constructor({ config, vocabularies, rng, wordVectors }: TaggerOptions) {
    const { words, tags } = vocabularies;
    this.#config = config;
    this.#unknown = words.unkId;
    this.wordEmbedding = new Embedding({
      count: words.size,
      size: config.wordEmbedding,
      paddingIndex: words.padId,
      rng,
      ...(wordVectors && { initializer: () => wordVectors }),
    });
    this.speller = config.characterHidden > 0 ? new Speller({ config, vocabularies, rng }) : undefined;
    this.recurrent = lstm({
      inputSize: config.wordEmbedding + (this.speller?.outputSize ?? 0),
      hiddenSize: config.hidden,
      layers: config.layers,
      bidirectional: config.direction === 'both',
      rng,
    });
    this.output = new Linear({ inputSize: this.recurrent.outputSize, outputSize: tags.size, rng });
    const names = Array.from({ length: tags.size }, (_, id) => tags.tokenOf(id));
    const scheme = schemeOf(names);
    const rules = scheme && { allows: ruleByNames(names, scheme) };
    this.crf = config.output === 'crf' ? new Crf({ tagCount: tags.size, rng, ...rules }) : undefined;
  }

  /** What each word says about each tag, before the tags are chosen: [batch, time, tags]. */
  forward(input: TaggerInput, { rng }: TaggerCallOptions = {}): Tensor {
    const { mask } = input;
    const words = this.wordEmbedding.forward(this.#someUnknown(input.words, rng));
    const described = this.speller ? concat([words, this.speller.forward(input)], 2) : words;
    const [ys] = this.recurrent.forward(this.#dropped(described, rng), { mask });
    return this.output.forward(this.#dropped(ys, rng));
  }

  /** The mean of −log p over the words of a batch: []. targets are int32 [batch, time]. */
  loss(input: TaggerInput, targets: Tensor, options: TaggerCallOptions = {}): Tensor {
    const { mask } = input;
    const logits = this.forward(input, options);
    return this.crf ? this.crf.loss(logits, targets, { mask }) : crossEntropy(logits, targets, { mask });
  }

  /** How probable each tag of each word is, the sentence given: by softmax, or the CRF's marginals. logits and result are [batch, time, tags]. */
  probabilities(logits: Tensor, mask: Tensor): Tensor {
    return this.crf ? this.crf.marginals(logits, { mask }) : softmax(logits);
  }

  /** Word dropout (Iyyer et al. 2015): a word that counts as unknown now and then makes its characters and its neighbours tell more. */
  #someUnknown(words: Tensor, rng: Rng | undefined): Tensor {
    const { wordDropout } = this.#config;
    if (!rng || wordDropout === 0) return words;
    return where(rng.bernoulli(words.shape, wordDropout), this.#unknown, words);
  }

  /** xs is [batch, time, features]. Locked dropout drops a feature in the whole sentence (Gal & Ghahramani 2016). */
  #dropped(xs: Tensor, rng: Rng | undefined): Tensor {
    if (!rng) return xs;
    const { dropout: rate, lockedDropout } = this.#config;
    const some = dropout(xs, rate, rng);
    if (lockedDropout === 0) return some;
    return some.mul(dropoutMask([xs.shape[0]!, 1, xs.shape[2]!], lockedDropout, rng, xs));
  }
}
