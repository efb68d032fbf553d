import { type Span, checkPrefix, tagParts } from './span.ts';

/**
 * Spans of strict IOB2 (seqeval's `mode='strict'`): a span is a `B-` and the `I-` of the same type that follow; an `I-` without a
 * beginning belongs to no span.
 * @throws UnrollError INVALID_ARGUMENT for a tag with another prefix
 */
export function strictIob2Spans(tags: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (let i = 0; i < tags.length;) {
    checkPrefix('strictIob2Spans', 'BIO', tags[i]!, i, 'For BIOES tags use strictBioesSpans.');
    const { prefix, type } = tagParts(tags[i]!);
    let end = i + 1;
    if (prefix === 'B') {
      while (end < tags.length && tags[end] === `I-${type}`) end++;
      spans.push({ type, start: i, end });
    }
    i = end;
  }
  return spans;
}

/**
 * Spans of strict BIOES: an `S-` alone, or `B-`, any `I-` and `E-` of one type. What is not complete belongs to no span.
 * @throws UnrollError INVALID_ARGUMENT for a tag with another prefix
 */
export function strictBioesSpans(tags: readonly string[]): Span[] {
  const spans: Span[] = [];
  for (let i = 0; i < tags.length; i++) {
    checkPrefix('strictBioesSpans', 'BIOES', tags[i]!, i, 'Translate other schemes first.');
    const { prefix, type } = tagParts(tags[i]!);
    if (prefix === 'S') spans.push({ type, start: i, end: i + 1 });
    if (prefix !== 'B') continue;
    let last = i + 1;
    while (last < tags.length && tags[last] === `I-${type}`) last++;
    if (tags[last] !== `E-${type}`) continue;
    spans.push({ type, start: i, end: last + 1 });
  }
  return spans;
}
