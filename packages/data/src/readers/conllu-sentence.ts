/** What words and empty nodes have in common; null stands for `_`, nothing. */
export interface ConlluFields {
  /** May contain spaces. */
  readonly form: string;
  readonly lemma: string | null;
  /** Universal part of speech. */
  readonly upos: string | null;
  /** The language's own part of speech. */
  readonly xpos: string | null;
  readonly feats: ReadonlyMap<string, string>;
  readonly deprel: string | null;
  /** Enhanced dependencies, as they stand in the file. */
  readonly deps: string | null;
  /** As it stands in the file: `SpaceAfter=No` and others. */
  readonly misc: string | null;
}

/** A word: what a tagger tags. */
export interface ConlluToken extends ConlluFields {
  /** From 1. */
  readonly id: number;
  /** The id of the word that it depends on; 0 for the root. */
  readonly head: number | null;
}

/** One written token that is several words: French "du" is words "de" and "le". It has no tag of its own. */
export interface MultiwordRange {
  /** The id of its first word. */
  readonly first: number;
  /** The id of its last word. */
  readonly last: number;
  readonly form: string;
  readonly misc: string | null;
}

/** A word that was left out by the speaker (ellipsis), id `after.index`. A tagger does not see it. */
export interface EmptyNode extends ConlluFields {
  /** The id of the word that it follows, 0 at the beginning. */
  readonly after: number;
  /** From 1. */
  readonly index: number;
}

/** A sentence of a treebank: its words, and beside them the ranges and empty nodes, which are no words. */
export interface ConlluSentence {
  /** The number of its first line in the file, from 1. */
  readonly line: number;
  /** The lines before the first word, as they stand, `#` included. */
  readonly comments: readonly string[];
  /** Those of the form `key = value`: `sent_id`, `text`. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly tokens: readonly ConlluToken[];
  readonly ranges: readonly MultiwordRange[];
  readonly emptyNodes: readonly EmptyNode[];
}

// A range has a form and miscellany; the seven columns between are empty.
const NOTHING: readonly string[] = Array.from({ length: 7 }, () => '_');

/** A sentence as CoNLL-U text, with the blank line after it: what `readConllu` read, line by line. */
export function formatConllu({
  comments,
  tokens,
  ranges,
  emptyNodes,
}: Omit<ConlluSentence, 'line' | 'metadata'>): string {
  const lines = [...comments];
  const addEmptyNodes = (after: number): void => {
    for (const node of emptyNodes) {
      if (node.after === after) lines.push(row(`${after}.${node.index}`, node, null));
    }
  };
  addEmptyNodes(0);
  for (const token of tokens) {
    for (const { first, last, form, misc } of ranges) {
      if (first === token.id) lines.push([`${first}-${last}`, form, ...NOTHING, misc ?? '_'].join('\t'));
    }
    lines.push(row(String(token.id), token, token.head));
    addEmptyNodes(token.id);
  }
  return `${lines.join('\n')}\n\n`;
}

function row(id: string, fields: ConlluFields, head: number | null): string {
  const { form, lemma, upos, xpos, feats, deprel, deps, misc } = fields;
  const features = [...feats].map(([name, value]) => `${name}=${value}`).join('|') || null;
  return [id, form, ...[lemma, upos, xpos, features, head, deprel, deps, misc].map((value) => value ?? '_')].join('\t');
}
