import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './checkout.ts';
import { run } from './execute.ts';
import { writeSummary } from '../results/write-summary.ts';

export { type Row, table } from './markdown-table.ts';

/** Writes docs/results/<name>.md from paragraphs, and what docs/results.md says of it. */
export async function writeResults(name: string, paragraphs: readonly string[]): Promise<void> {
  const folder = join(root, 'docs', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.md`);
  writeFileSync(file, `${paragraphs.join('\n\n')}\n`);
  await run(join(root, 'node_modules', '.bin', 'oxfmt'), [file], { cwd: root, env: process.env });
  await writeSummary();
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
