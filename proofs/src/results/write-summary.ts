import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../shared/checkout.ts';
import { run } from '../shared/execute.ts';
import { summary } from './summary.ts';

/** Writes docs/results.md. */
export async function writeSummary(file: string = join(root, 'docs', 'results.md')): Promise<void> {
  writeFileSync(file, summary());
  await run(join(root, 'node_modules', '.bin', 'oxfmt'), [file], { cwd: root, env: process.env });
}
