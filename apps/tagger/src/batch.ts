import { pad } from '@unroll/data';
import type { Tensor } from '@unroll/tensor';
import type { Words } from './sentence.ts';
import { type Vocabularies, wordKey } from './vocabularies.ts';

/** How some different words are written. */
export interface Spellings {
  /** int32 [spellings, characters] */
  readonly characters: Tensor;
  /** [spellings, characters]: 1 a character, 0 padding. */
  readonly mask: Tensor;
}

/** Sentences as a model reads them. */
export interface TaggerInput {
  /** int32 [batch, time] */
  readonly words: Tensor;
  /** [batch, time]: 1 a word, 0 padding. */
  readonly mask: Tensor;
  /** The spelling of each different word once; those of like length together, so that one long word does not pad all others. */
  readonly spellings: readonly Spellings[];
  /** Which spelling a word has, counted through all groups: int32 [batch, time]. */
  readonly spelledAs: Tensor;
}

/** Groups of spellings end at these lengths, and at that of the longest. */
const GROUP_ENDS = [6, 12];
/** Rows of a group are a multiple of this, some of them padding alone: loops are compiled for a number of rows, so that few numbers serve best. */
const ROWS = 32;
/** Of a longer word (a link, a line of hyphens) the beginning and the end are read. */
const LONGEST_SPELLING = 64;

/** A batch of sentences, each of one word or more. */
export function inputOf(sentences: readonly Words[], vocabularies: Vocabularies): TaggerInput {
  const { words } = vocabularies;
  const { tokens, mask } = pad(
    sentences.map((sentence) => words.encode(sentence.map(wordKey))),
    { value: words.padId },
  );
  const { spellings, places } = spell(new Set(sentences.flat()), vocabularies);
  const spelledAs = pad(sentences.map((sentence) => sentence.map((word) => places.get(word)!))).tokens;
  return { words: tokens, mask, spellings, spelledAs };
}

/** The tags of sentences: int32 [batch, time], 0 on padding. */
export function targetsOf(tags: readonly (readonly string[])[], vocabularies: Vocabularies): Tensor {
  return pad(tags.map((each) => vocabularies.tags.encode(each))).tokens;
}

function spell(
  words: Iterable<string>,
  { characters }: Vocabularies,
): { readonly spellings: readonly Spellings[]; readonly places: ReadonlyMap<string, number> } {
  const groups: { readonly word: string; readonly ids: Int32Array }[][] = [...GROUP_ENDS, Infinity].map(() => []);
  for (const word of words) {
    const ids = characters.encode(spellingOf(word));
    const group = GROUP_ENDS.findIndex((end) => ids.length <= end);
    groups.at(group)!.push({ word, ids });
  }
  const spellings: Spellings[] = [];
  const places = new Map<string, number>();
  let rows = 0;
  for (const group of groups) {
    if (group.length === 0) continue;
    for (const [i, { word }] of group.entries()) places.set(word, rows + i);
    const size = Math.ceil(group.length / ROWS) * ROWS;
    const none = new Int32Array();
    const { tokens, mask } = pad(
      Array.from({ length: size }, (_, i) => group[i]?.ids ?? none),
      { value: characters.padId },
    );
    spellings.push({ characters: tokens, mask });
    rows += size;
  }
  return { spellings, places };
}

function spellingOf(word: string): string {
  if (word.length <= LONGEST_SPELLING) return word;
  return word.slice(0, LONGEST_SPELLING / 2) + word.slice(-LONGEST_SPELLING / 2);
}
