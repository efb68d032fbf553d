import { characters, words } from '../python-text.ts';

/** Cuts a segment into tokens before n-grams are counted. The score depends on it, so its name stands in the signature. */
export interface BleuTokenizer {
  /** As sacrebleu calls it after `tok:`. */
  readonly name: string;
  /** The tokens of a segment. */
  tokenize(text: string): string[];
}

/**
 * mteval-v13a, the tokenizer of WMT and sacrebleu's default: XML escapes are resolved, ASCII punctuation stands alone, except full stops
 * and commas between digits.
 */
export const tokenizer13a: BleuTokenizer = {
  name: '13a',
  tokenize: (text) => {
    const plain = text
      .replaceAll('<skipped>', '')
      .replaceAll('-\n', '')
      .replaceAll('\n', ' ')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>');
    return words(
      ` ${plain} `
        // All ASCII punctuation but the apostrophe, the comma, the hyphen and the full stop.
        .replaceAll(/[{-~[-` -&(-+:-@/]/gu, ' $& ')
        .replaceAll(/([^0-9])([.,])/gu, '$1 $2 ')
        .replaceAll(/([.,])([^0-9])/gu, ' $1 $2')
        .replaceAll(/([0-9])(-)/gu, '$1 $2 '),
    );
  },
};

/** mteval-v14's `--international-tokenization`: as 13a in spirit, by Unicode's classes of punctuation, symbols and numbers. */
export const tokenizerInternational: BleuTokenizer = {
  name: 'intl',
  tokenize: (text) =>
    words(
      text
        .replaceAll(/(\P{N})(\p{P})/gu, '$1 $2 ')
        .replaceAll(/(\p{P})(\P{N})/gu, ' $1 $2')
        .replaceAll(/\p{S}/gu, ' $& '),
    ),
};

/** Characters (code points); white space is left out. For languages without spaces. */
export const tokenizerCharacters: BleuTokenizer = {
  name: 'char',
  tokenize: characters,
};

/** What stands between white space: for text that is tokenised already. */
export const tokenizerNone: BleuTokenizer = { name: 'none', tokenize: words };
