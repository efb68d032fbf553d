export interface NormalizeOptions {
  /** Unicode's normal form, so that "é" is one thing. NFKC also unites look-alikes (ﬁ and fi, ² and 2). Default NFC. */
  readonly form?: 'NFC' | 'NFD' | 'NFKC' | 'NFKD';
  /** Default false. */
  readonly lowercase?: boolean;
  /** é becomes e. Default false. */
  readonly stripAccents?: boolean;
  /** Runs of white space, no-break spaces too, become one space, those at the ends nothing. Default true. */
  readonly collapseSpaces?: boolean;
  /** Typographic quotation marks, dashes and dots become their ASCII kin. Default false. */
  readonly plainPunctuation?: boolean;
  /** What each digit becomes, say `0`, so that numbers of one length are one word. Default: digits stay. */
  readonly digits?: string;
}

const PUNCTUATION: readonly (readonly [RegExp, string])[] = [
  [/[‘’‚‛′]/gu, "'"],
  [/[“”„‟″«»]/gu, '"'],
  [/[‐‑‒–—―−]/gu, '-'],
  [/…/gu, '...'],
];

/** A function that makes like what should be alike in a text: apply the same one to training data and to what a user types. */
export function textNormalizer(options: NormalizeOptions = {}): (text: string) => string {
  const {
    form = 'NFC',
    lowercase = false,
    stripAccents = false,
    collapseSpaces = true,
    plainPunctuation = false,
    digits,
  } = options;
  return (text) => {
    let result = stripAccents ? text.normalize('NFD').replaceAll(/\p{Mn}/gu, '') : text;
    // At once, since NFKC makes letters of symbols, which lower case must see.
    result = result.normalize(form);
    if (lowercase) result = result.toLowerCase();
    if (plainPunctuation) for (const [marks, plain] of PUNCTUATION) result = result.replaceAll(marks, plain);
    if (digits !== undefined) result = result.replaceAll(/\p{Nd}/gu, () => digits);
    // Again, since lower case can leave the normal form.
    result = result.normalize(form);
    return collapseSpaces ? result.replaceAll(/\s+/gu, ' ').trim() : result;
  };
}
