import { UnrollError } from '@unroll/backend';

/** A labelled stretch of a sequence. */
export interface TagSpan {
  readonly type: string;
  /** The first position. */
  readonly start: number;
  /** The position after the last. */
  readonly end: number;
}

/** How spans are written as one tag for each token. */
export interface TagScheme {
  readonly name: string;
  /** The tag of a position inside of a span. */
  tagOf(type: string, position: { readonly isFirst: boolean; readonly isLast: boolean }): string;
  /**
   * Whether a tag may follow another; null stands for the edge of the sentence. These are the constraints of a CRF, too.
   * @throws UnrollError INVALID_ARGUMENT for a tag that the scheme does not have
   */
  allows(from: string | null, to: string | null): boolean;
}

/** BIO (IOB2): a span begins with `B-` and goes on with `I-`. */
export const BIO: TagScheme = {
  name: 'BIO',
  tagOf: (type, { isFirst }) => `${isFirst ? 'B' : 'I'}-${type}`,
  allows: (from, to) => {
    const [before, after] = [partsOf('BIO', 'BIO', from), partsOf('BIO', 'BIO', to)];
    return after.prefix !== 'I' || (before.prefix !== 'O' && before.type === after.type);
  },
};

/** BIOES (IOBES): as BIO, but the last tag of a span is `E-`, and a span of one token is `S-`. */
export const BIOES: TagScheme = {
  name: 'BIOES',
  tagOf: (type, { isFirst, isLast }) => `${isFirst ? (isLast ? 'S' : 'B') : isLast ? 'E' : 'I'}-${type}`,
  allows: (from, to) => {
    const [before, after] = [partsOf('BIOES', 'BIOES', from), partsOf('BIOES', 'BIOES', to)];
    const isOpen = before.prefix === 'B' || before.prefix === 'I';
    const goesOn = after.prefix === 'I' || after.prefix === 'E';
    return isOpen === goesOn && (!isOpen || before.type === after.type);
  },
};

export interface TagParts {
  readonly prefix: string;
  /** Empty for O. */
  readonly type: string;
}

/** `B-creative-work` → B and creative-work: the first hyphen divides. The edge of a sentence is as O. */
export function partsOf(scheme: string, prefixes: string, tag: string | null): TagParts {
  if (tag === null || tag === 'O') return { prefix: 'O', type: '' };
  const prefix = tag[0] ?? '';
  if (tag[1] === '-' && prefix !== 'O' && prefixes.includes(prefix)) return { prefix, type: tag.slice(2) };
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${scheme}: ${JSON.stringify(tag)} is no tag of this scheme. It has O and ${prefixes.replace('O', '').split('').join('-, ')}- before a type. Was it written in another scheme?`,
  );
}
