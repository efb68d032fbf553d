import { type Span, checkPrefix, tagParts } from './span.ts';

const KNOWN = 'BIOES';

/**
 * Spans as conlleval (the script of the CoNLL shared tasks, 2004-01-26) reads them: forgiving. An `I-` after `O`, or after another type,
 * begins a span. It reads IOB1, BIO and BIOES.
 * @throws UnrollError INVALID_ARGUMENT for a tag with another prefix
 */
export function conllevalSpans(tags: readonly string[]): Span[] {
  const spans: Span[] = [];
  let start = -1;
  let before = { prefix: 'O', type: '' };
  const close = (end: number): void => {
    if (start >= 0) spans.push({ type: before.type, start, end });
    start = -1;
  };
  for (const [i, tag] of tags.entries()) {
    checkPrefix('conllevalSpans', KNOWN, tag, i, 'Translate other schemes first.');
    const now = tagParts(tag);
    const begins = now.prefix !== 'O' && (now.prefix === 'B' || now.prefix === 'S' || now.type !== before.type);
    const afterEnd = 'OES'.includes(before.prefix);
    if (begins || afterEnd || now.prefix === 'O') close(i);
    if (now.prefix !== 'O' && (begins || afterEnd)) start = i;
    before = now;
  }
  close(tags.length);
  return spans;
}
