/** Something that can be said of each character of a text as a number. */
export interface TextFeature {
  readonly name: string;
  /** What the number is. */
  readonly meaning: string;
  /** A number per character. */
  of(characters: readonly string[]): Float64Array;
}

/** Walks through a text: the next state by the state and the character, and the number of each state. */
function walk<S>(start: S, next: (state: S, character: string) => S, value: (state: S) => number): TextFeature['of'] {
  return (characters) => {
    let state = start;
    return Float64Array.from(characters, (character) => value((state = next(state, character))));
  };
}

interface Line {
  /** Spaces at its beginning. */
  readonly indent: number;
  readonly length: number;
}

const quotes = walk(
  { isInside: false, wasLineEnd: false },
  ({ isInside, wasLineEnd }, character) => {
    const isLineEnd = character === '\n';
    // Nobody closes what is left open at the end of a paragraph.
    if (isLineEnd && wasLineEnd) return { isInside: false, wasLineEnd: true };
    if (character === '"') return { isInside: !isInside, wasLineEnd: false };
    if (character === '“') return { isInside: true, wasLineEnd: false };
    return { isInside: isInside && character !== '”', wasLineEnd: isLineEnd };
  },
  ({ isInside }) => Number(isInside),
);

const indentation = walk<Line>(
  { indent: 0, length: 0 },
  ({ indent, length }, character) => {
    if (character === '\n') return { indent: 0, length: 0 };
    const isIndent = indent === length && (character === ' ' || character === '\t');
    return { indent: isIndent ? indent + 1 : indent, length: length + 1 };
  },
  ({ indent }) => indent,
);

const linePosition = walk(0, (at, character) => (character === '\n' ? 0 : at + 1), (at) => at); // prettier-ignore

const LETTER = /[\p{L}\p{M}]/u;

const wordPosition = walk(0, (at, character) => (LETTER.test(character) ? at + 1 : 0), (at) => at); // prettier-ignore

const brackets = walk(
  0,
  (depth, character) => Math.max(0, depth + ('([{'.includes(character) ? 1 : ')]}'.includes(character) ? -1 : 0)),
  (depth) => depth,
);

const capitals = walk<boolean>(false, (_, character) => /\p{Lu}/u.test(character), Number);

/** What units are often found to follow (Karpathy, Johnson & Fei-Fei 2016). */
export const FEATURES: readonly TextFeature[] = [
  { name: 'quotes', meaning: '1 inside of quotes', of: quotes },
  { name: 'indentation', meaning: 'spaces that the line begins with', of: indentation },
  { name: 'line', meaning: 'characters since the line began', of: linePosition },
  { name: 'word', meaning: 'letters since the word began', of: wordPosition },
  { name: 'brackets', meaning: 'brackets that are open', of: brackets },
  { name: 'capitals', meaning: '1 at a capital letter', of: capitals },
];
