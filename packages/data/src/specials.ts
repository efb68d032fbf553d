/** A token with a role of its own: padding, out of vocabulary, begin and end of a sequence. */
export type Special = 'pad' | 'unk' | 'bos' | 'eos';

/** All roles, in the order of their ids. */
export const SPECIALS: readonly Special[] = ['pad', 'unk', 'bos', 'eos'];

/** How the token of a role is written. */
export const SPECIAL_TOKENS: Readonly<Record<Special, string>> = {
  pad: '<pad>',
  unk: '<unk>',
  bos: '<bos>',
  eos: '<eos>',
};
