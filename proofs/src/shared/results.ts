import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './checkout.ts';
import { run } from './execute.ts';

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

/** Writes docs/results/<name>.md from paragraphs. */
export async function writeResults(name: string, paragraphs: readonly string[]): Promise<void> {
  const folder = join(root, 'docs', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.md`);
  writeFileSync(file, `${paragraphs.join('\n\n')}\n`);
  await run(join(root, 'node_modules', '.bin', 'oxfmt'), [file], { cwd: root, env: process.env });
  console.log(`\nWritten: docs/results/${name}.md`);
}

/** 2026-11-21, in universal time. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** A sentence or more, in lines of at most 120 characters. */
export function prose(text: string): string {
  return text.replaceAll(/(.{1,120})(?: |$)/g, '$1\n').trimEnd();
}
