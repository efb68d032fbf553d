import { type TextSource, Vocabulary, readLines, readWordVectors } from '@unroll/data';
import { type Rng, type Tensor, scope, tensor } from '@unroll/tensor';
import type { TaggedSentence } from './sentence.ts';
import { type BuildVocabulariesOptions, type Vocabularies, buildVocabularies, wordKey } from './vocabularies.ts';

export interface VectorVocabulariesOptions extends BuildVocabulariesOptions {
  /** Word vectors in text, as GloVe and word2vec write them. Is read twice. */
  readonly source: TextSource;
  /** How many words at the top of that are known, besides those of the training text. */
  readonly top: number;
  /** Draws vectors for words that have none. */
  readonly rng: Rng;
}

/** What a tagger knows by heart where it begins with vectors of other texts. */
export interface VectorVocabularies {
  readonly vocabularies: Vocabularies;
  /** For the tagger's word embedding: [words, size]. */
  readonly vectors: Tensor;
  /** How many words of the training text have a vector in the file. */
  readonly found: number;
}

/**
 * As `buildVocabularies`, with word vectors: known are the words of the training text that are frequent or have a vector, and those at the
 * top of the file, where the frequent ones are.
 * @throws ReaderError for what are no word vectors
 */
export async function vectorVocabularies(
  sentences: readonly TaggedSentence[],
  { source, top, rng, ...options }: VectorVocabulariesOptions,
): Promise<VectorVocabularies> {
  const frequent = buildVocabularies(sentences, options);
  const all = buildVocabularies(sentences, { minFrequency: 1 }).words;
  const tokens = new Set([...ordinary(all), ...(await topWords(source, top))]);
  const candidates = new Vocabulary({ tokens, specials: all.specials });
  const { matrix, missing } = await readWordVectors(source, { vocabulary: candidates, rng });
  const without = new Set(missing);
  const known = ordinary(candidates).filter((word) => frequent.words.has(word) || !without.has(word));
  const words = new Vocabulary({ tokens: known, specials: all.specials });
  const rows = Array.from({ length: words.size }, (_, id) => candidates.idOf(words.tokenOf(id)));
  const found = ordinary(all).filter((word) => !without.has(word)).length;
  const vectors = scope(() => matrix.gather(tensor(Int32Array.from(rows))));
  matrix.dispose();
  return { vocabularies: { ...frequent, words }, vectors, found };
}

/** All but padding and unknown. */
function ordinary(vocabulary: Vocabulary): readonly string[] {
  const first = vocabulary.specials.length;
  return Array.from({ length: vocabulary.size - first }, (_, i) => vocabulary.tokenOf(first + i));
}

async function topWords(source: TextSource, count: number): Promise<ReadonlySet<string>> {
  const words = new Set<string>();
  if (count === 0) return words;
  for await (const line of readLines(source)) {
    const [word, ...numbers] = line.trimEnd().split(' ');
    // The first line of word2vec: two counts.
    if (word === undefined || word === '' || numbers.length < 2) continue;
    words.add(wordKey(word));
    if (words.size >= count) break;
  }
  return words;
}
