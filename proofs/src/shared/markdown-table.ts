export type Row = readonly string[];

/** A Markdown table; the terminal can show it too, as the columns are aligned. Columns named in `right` hold numbers. */
export function table(header: Row, rows: readonly Row[], right: readonly string[] = []): string {
  const widths = header.map((_, i) => Math.max(3, ...[header, ...rows].map((row) => row[i]!.length)));
  const aligned = header.map((title) => right.includes(title));
  const line = (cells: Row): string =>
    `| ${cells.map((cell, i) => (aligned[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) => (aligned[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}
