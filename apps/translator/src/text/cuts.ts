/** How a text is cut into tokens. */
export interface Cut {
  cut(text: string): readonly string[];
  /** Puts tokens together again. */
  join(tokens: readonly string[]): string;
}

/** Words, single digits and single signs, each with the space in front of it; letters of scripts that write without spaces one by one. */
const PIECE =
  /[ \u00A0\u202F]?(?:(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}])[\p{L}\p{M}])+|.)/gsu;

const joined = (tokens: readonly string[]): string => tokens.join('');

/** The ways that a model file can name. All but `words` give back a text to the character. */
export const CUTS: { readonly [name in 'pieces' | 'characters' | 'words']: Cut } = {
  pieces: { cut: (text) => text.match(PIECE) ?? [], join: joined },
  characters: { cut: (text) => Array.from(text), join: joined },
  /** What stands between white space: for corpora that are tokenised already. */
  words: { cut: (text) => text.split(/\s+/u).filter((word) => word !== ''), join: (tokens) => tokens.join(' ') },
};

export type CutName = keyof typeof CUTS;
