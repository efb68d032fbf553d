import { type State } from '@unroll/cells';
import { Embedding, checkSizes } from '@unroll/layers';
import { type Rng, type Tensor, concat } from '@unroll/tensor';
import { ManyToOne } from './many-to-one/many-to-one.ts';
import { lastState } from './many-to-one/pooling.ts';
import { lstm } from './presets.ts';

/** How many there are of each, and how they are described. */
export interface CharacterAwareEmbeddingOptions {
  /** Different words, those that stand for padding and the unknown included. */
  readonly wordCount: number;
  /** Numbers that describe a word as a whole. */
  readonly wordSize: number;
  /** Different characters. */
  readonly characterCount: number;
  /** Numbers that describe a character. */
  readonly characterSize: number;
  /** LSTM units that read the characters of a word, each way. */
  readonly hiddenSize: number;
  /** Draws the initial parameters. */
  readonly rng: Rng;
}

/** The characters of words, as `Vocabulary.encodeNestedBatch` makes them. */
export interface CharacterTokens {
  /** int32 [batch, time, characters] */
  readonly tokens: Tensor;
  /** [batch, time, characters]: 1 a character, 0 padding. */
  readonly mask: Tensor;
}

/**
 * Describes words as a whole and by their characters, so that it has something to say of words that nobody has seen (Ling et al. 2015; Lample et
 * al. 2016; "character-aware" is the word of Kim et al. 2016):
 *
 *     y = [embedding(word); h→; h←],   h→, h← the last states of an LSTM over the characters, each way
 */
export class CharacterAwareEmbedding {
  readonly word: Embedding;
  readonly character: Embedding;
  readonly reader: ManyToOne<readonly State[]>;
  /** wordSize + 2 · hiddenSize. */
  readonly outputSize: number;

  constructor(options: CharacterAwareEmbeddingOptions) {
    const { wordCount, wordSize, characterCount, characterSize, hiddenSize, rng } = options;
    checkSizes(this, { wordCount, wordSize, characterCount, characterSize, hiddenSize });
    this.word = new Embedding({ count: wordCount, size: wordSize, rng });
    this.character = new Embedding({ count: characterCount, size: characterSize, rng });
    const layer = lstm({ inputSize: characterSize, hiddenSize, bidirectional: true, rng });
    this.reader = new ManyToOne({ layer, pooling: lastState() });
    this.outputSize = wordSize + layer.outputSize;
  }

  /** words is int32 [batch, time], y is [batch, time, outputSize]. */
  forward(words: Tensor, characters: CharacterTokens): Tensor {
    const [batch, time, length] = characters.tokens.shape as readonly [number, number, number];
    const rows = [batch * time, length];
    const xs = this.character.forward(characters.tokens.reshape(rows));
    const [described] = this.reader.forward(xs, { mask: characters.mask.reshape(rows) });
    return concat([this.word.forward(words), described.reshape([batch, time, -1])], 2);
  }
}
