import { UnrollError } from '@unroll/backend';
import { BIO, BIOES, type TagScheme, type TagSpan, partsOf } from './scheme.ts';

/** A tag that cannot stand where it does. */
export interface TagProblem {
  /** Of the tag that does not fit to the one before it; the sentence's length if it is the end that does not fit. */
  readonly position: number;
  readonly message: string;
}

/** What is wrong with a sentence's tags; empty if they are well-formed. */
export function tagProblems(tags: readonly string[], scheme: TagScheme): TagProblem[] {
  const problems: TagProblem[] = [];
  for (let position = 0; position <= tags.length; position++) {
    const [from, to] = [tags[position - 1] ?? null, tags[position] ?? null];
    if (scheme.allows(from, to)) continue;
    const message = `${to ?? 'the end'} after ${from ?? 'the beginning'} at position ${position}`;
    problems.push({ position, message });
  }
  return problems;
}

/** Spans as tags of a sentence with `length` tokens. Spans must not overlap. */
export function tagsOfSpans(spans: readonly TagSpan[], length: number, scheme: TagScheme): string[] {
  const tags = Array.from({ length }, () => 'O');
  for (const { type, start, end } of spans) {
    if (!(start >= 0 && start < end && end <= length)) {
      throw new UnrollError(
        'INDEX_OUT_OF_RANGE',
        `tagsOfSpans: the span ${start} to ${end} is not inside of 0 to ${length}.`,
      );
    }
    for (let i = start; i < end; i++) {
      if (tags[i] !== 'O') {
        throw new UnrollError(
          'INVALID_ARGUMENT',
          `tagsOfSpans: two spans cover position ${i}. One tag for each token can't say that.`,
        );
      }
      tags[i] = scheme.tagOf(type, { isFirst: i === start, isLast: i === end - 1 });
    }
  }
  return tags;
}

/**
 * The spans that tags describe, in order. Ill-formed tags are read as conlleval reads them: what cannot go on a span begins one, and an open
 * span ends where it is not continued. BIO, BIOES and IOB1 are read alike.
 * @throws UnrollError INVALID_ARGUMENT for a tag of another scheme
 */
export function spansOfTags(tags: readonly string[]): TagSpan[] {
  const spans: TagSpan[] = [];
  let start = -1;
  let before = partsOf('BIOES', 'BIOES', null);
  for (let i = 0; i <= tags.length; i++) {
    const now = partsOf('BIOES', 'BIOES', tags[i] ?? null);
    const goesOn =
      start >= 0 &&
      (now.prefix === 'I' || now.prefix === 'E') &&
      now.type === before.type &&
      'BI'.includes(before.prefix);
    if (!goesOn) {
      if (start >= 0) spans.push({ type: before.type, start, end: i });
      start = now.prefix === 'O' ? -1 : i;
    }
    before = now;
  }
  return spans;
}

/**
 * Tags of one scheme in the other.
 * @throws UnrollError INVALID_ARGUMENT if they are ill-formed: `repairTags` mends them first
 */
export function convertTags(tags: readonly string[], from: TagScheme, to: TagScheme): string[] {
  const [problem] = tagProblems(tags, from);
  if (problem) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `convertTags: these are no well-formed ${from.name} tags: ${problem.message}. Mend them: repairTags(tags, ${from.name}).`,
    );
  }
  return tagsOfSpans(spansOfTags(tags), tags.length, to);
}

/** `convertTags` from BIO to BIOES. */
export function bioToBioes(tags: readonly string[]): string[] {
  return convertTags(tags, BIO, BIOES);
}

/** `convertTags` from BIOES to BIO. */
export function bioesToBio(tags: readonly string[]): string[] {
  return convertTags(tags, BIOES, BIO);
}

/**
 * Well-formed tags of the scheme for the spans that conlleval sees in these; well-formed ones stay as they are. So IOB1 becomes BIO, too.
 * Mend a model's output so before it is written to a file; metrics read it as it is.
 * @throws UnrollError INVALID_ARGUMENT for a tag of another scheme
 */
export function repairTags(tags: readonly string[], scheme: TagScheme): string[] {
  return tagsOfSpans(spansOfTags(tags), tags.length, scheme);
}
