import { UnrollError } from '@unroll/backend';

/** A labelled stretch of a sequence. */
export interface Span {
  readonly type: string;
  /** The first position. */
  readonly start: number;
  /** The position after the last. */
  readonly end: number;
}

/** How a sentence's tags are read as spans: the two schools differ on tags that no annotator would write. */
export type SpanReader = (tags: readonly string[]) => Span[];

export interface TagParts {
  /** B, I, E, S or O. */
  readonly prefix: string;
  /** Empty for O. */
  readonly type: string;
}

/** `B-creative-work` → B and creative-work: the first hyphen divides. A lone `.` is conlleval's other way to write O. */
export function tagParts(tag: string): TagParts {
  const hyphen = tag.indexOf('-');
  if (hyphen < 0) return { prefix: tag === '.' ? 'O' : tag, type: '' };
  return { prefix: tag.slice(0, hyphen), type: tag.slice(hyphen + 1) };
}

/** @throws UnrollError INVALID_ARGUMENT for a prefix that the reader does not know */
export function checkPrefix(reader: string, known: string, tag: string, position: number, remedy: string): void {
  const { prefix } = tagParts(tag);
  if (prefix.length === 1 && known.includes(prefix)) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${reader}: the tag ${JSON.stringify(tag)} at position ${position} does not begin with ${known.split('').join(', ')}. ${remedy}`,
  );
}
