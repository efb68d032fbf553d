// Does it learn as PyTorch does? Trains models as the reference runs were trained, and compares where they end.
//
//   pnpm train:reference                                 all, and writes docs/results/learning.md
//   pnpm train:reference --only char                     one kind, and writes its part of the page
//   pnpm train:reference --only char --run gru --seed 2  some of it; nothing is written. What may follow stands in src/reference/<kind>.ts
//
// The data are not part of the repository: UNROLL_DATA is their folder. Where PyTorch is installed (PYTHON names a Python that has it) and the
// scripts of the reference are there (UNROLL_REFERENCE), its processor time is measured too.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from '@unroll/fixtures';
import { char } from './reference/char.ts';
import { entities } from './reference/entities.ts';
import type { ReferenceKind } from './reference/kind.ts';
import { writePart } from './reference/page.ts';
import { tagger } from './reference/tagger.ts';
import { translation } from './reference/translation.ts';

/** In the order of the page. */
const KINDS: readonly ReferenceKind[] = [char, tagger, entities, translation];

const [option, names, ...args] = process.argv.slice(2);
const chosen = option === undefined ? KINDS : kindsOf(option, names);
const failures: string[] = [];
for (const kind of chosen) failures.push(...(await runKind(kind)));
if (failures.length > 0) {
  console.error(['Outside of the band:', ...failures].join('\n  '));
  process.exitCode = 1;
}

async function runKind(kind: ReferenceKind): Promise<readonly string[]> {
  const { name, files } = kind;
  const paths = files.map((file) => join(dataFolder() ?? '', file));
  const missing = files.filter((_, i) => !existsSync(paths[i]!));
  if (missing.length > 0) {
    console.log(`SKIPPED ${name}: ${missing.join(', ')} is not there. Set UNROLL_DATA to the folder that holds it.`);
    return [];
  }
  console.log(`\n${name}`);
  const { part, failures } = await kind.run(paths, args);
  const order = KINDS.map((each) => each.name);
  if (part && failures.length === 0) await writePart(name, part, order);
  return failures;
}

function kindsOf(option: string, names = ''): readonly ReferenceKind[] {
  const known = KINDS.map(({ name }) => name);
  const found = names.split(',').map((name) => KINDS.find((kind) => kind.name === name));
  if (option === '--only' && found.every((kind) => kind !== undefined)) return found;
  console.error(`${option} ${names}: say --only and one of ${known.join(', ')}, or some with commas between.`);
  return process.exit(2);
}
