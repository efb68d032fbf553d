import type { Words } from './sentence.ts';

/** The sentences of a text, and the words and marks of each, as `Intl.Segmenter` divides them in a language; a line break ends a sentence. */
export function sentencesOf(text: string, language: string = 'en'): readonly Words[] {
  const sentences = new Intl.Segmenter(language, { granularity: 'sentence' });
  const words = new Intl.Segmenter(language, { granularity: 'word' });
  return text
    .split(/\r\n?|\n/)
    .flatMap((line) => Array.from(sentences.segment(line), ({ segment }) => segment))
    .map((sentence) =>
      Array.from(words.segment(sentence), ({ segment }) => segment.trim()).filter((word) => word !== ''),
    )
    .filter((sentence) => sentence.length > 0);
}
