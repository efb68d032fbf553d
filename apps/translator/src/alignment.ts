import { type TerminalOptions, heatMapText, heatMapsSvg } from '@unroll/inspect';
import type { Alignment } from './translate.ts';

/** A heat map of where the model looked, as an SVG image: a row for each token written, a column for each token read. */
export function alignmentSvg({ sourceTokens, targetTokens, weights }: Alignment, title: string): string {
  return heatMapsSvg({
    title,
    panels: [{ title: 'down: written; across: read', matrix: weights, rowLabels: targetTokens.map(visible) }],
    columnLabels: sourceTokens.map(visible),
    xTitle: 'token of the source',
  });
}

/** The same for a terminal. A token that was read is as wide as its characters, so that the source can be read below. */
export function alignmentText({ sourceTokens, targetTokens, weights }: Alignment, options: TerminalOptions): string {
  const characters = sourceTokens.flatMap((token, column) => Array.from(token, (text) => ({ text, column })));
  // In colour two rows share a line: doubled, each has one of its own, and its label.
  const times = (options.colorDepth ?? 1) >= 8 ? 2 : 1;
  const rows = Array.from({ length: weights.rows * times }, (_, row) => Math.floor(row / times));
  const data = rows.flatMap((row) => characters.map(({ column }) => weights.data[row * weights.columns + column]!));
  return heatMapText({
    matrix: { rows: rows.length, columns: characters.length, data },
    rowLabels: rows.map((row) => visible(targetTokens[row]!)),
    columnLabels: characters.map(({ text }) => text),
    ...options,
  });
}

/** Without the space that a token begins with, unless it is nothing else. */
function visible(token: string): string {
  const text = token.trim();
  return text === '' ? '␣' : text;
}
