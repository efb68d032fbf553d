export type Cells = readonly string[];

/** A table; columns named in `right` hold numbers. */
export function table(header: Cells, rows: readonly Cells[], right: readonly string[] = []): string {
  const widths = header.map((_, i) => Math.max(3, ...[header, ...rows].map((row) => row[i]!.length)));
  const aligned = header.map((title) => right.includes(title));
  const line = (cells: Cells): string =>
    `| ${cells.map((cell, i) => (aligned[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`;
  const rule = widths.map((width, i) => (aligned[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

/** Three significant digits, and none of a fraction from 100: 1.03, 20.4, 1512. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toPrecision(3);
}
