/** Words and nothing else. */
export type Words = readonly string[];

/** A sentence with a tag for each word. */
export interface TaggedSentence {
  readonly words: Words;
  readonly tags: readonly string[];
}
