import { ManyToOne, lastState, lstm, maxPooling } from '@unroll/architectures';
import type { State } from '@unroll/cells';
import { Embedding } from '@unroll/layers';
import { type Rng, type Tensor, concat } from '@unroll/tensor';
import type { TaggerInput } from './batch.ts';
import type { TaggerConfig } from './config.ts';
import { Convolution } from './convolution.ts';
import type { Vocabularies } from './vocabularies.ts';

export interface SpellerOptions {
  readonly config: TaggerConfig;
  readonly vocabularies: Pick<Vocabularies, 'characters'>;
  /** Draws the initial parameters. */
  readonly rng: Rng;
}

/** Describes words by their characters, so that it has something to say about words that nobody has seen (Ling et al. 2015). */
export class Speller {
  readonly embedding: Embedding;
  readonly reader: ManyToOne<readonly State[]>;
  readonly outputSize: number;

  constructor({ config, vocabularies, rng }: SpellerOptions) {
    const { characters } = vocabularies;
    const [count, size] = [characters.size, config.characterEmbedding];
    this.embedding = new Embedding({ count, size, paddingIndex: characters.padId, rng });
    this.reader = readerOf(config, rng);
    this.outputSize = this.reader.outputSize;
  }

  /** [batch, time, outputSize]. Each different word is read once. */
  forward({ spellings, spelledAs }: Pick<TaggerInput, 'spellings' | 'spelledAs'>): Tensor {
    const described = spellings.map(({ characters, mask }) => {
      const [each] = this.reader.forward(this.embedding.forward(characters), { mask });
      return each;
    });
    return (described.length === 1 ? described[0]! : concat(described, 0)).gather(spelledAs);
  }
}

/** The last states of both directions, or the largest that each filter finds. */
function readerOf(config: TaggerConfig, rng: Rng): ManyToOne<readonly State[]> {
  const { characterEmbedding: inputSize, characterHidden: size, characterModel, characterWidth: width } = config;
  if (characterModel === 'cnn') {
    return new ManyToOne({ layer: new Convolution({ inputSize, outputSize: size, width, rng }), pooling: maxPooling });
  }
  return new ManyToOne({
    layer: lstm({ inputSize, hiddenSize: size, bidirectional: true, rng }),
    pooling: lastState(),
  });
}
