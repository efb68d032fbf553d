// Does it learn as PyTorch does? Trains models as the reference runs were trained, and compares where they end.
//
//   pnpm train:reference                                 all, and writes docs/results/learning.md
//   pnpm train:reference --only char                     one kind, and writes its part of the page
//   pnpm train:reference --only char --run gru --seed 2  some of it; nothing is written. --help tells what may follow
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
import { type Options, argumentsOf, fail, namesOf } from './shared/arguments.ts';

/** In the order of the page. */
const KINDS: readonly ReferenceKind[] = [char, tagger, entities, translation];

const { only, ...given } = await argumentsOf({
  name: 'pnpm train:reference',
  description:
    'Trains models as the reference runs were trained, and compares where they end. Needs the data: UNROLL_DATA is their folder.',
  options: {
    only: `Some of the kinds, with commas between: ${KINDS.map(({ name }) => name).join(', ')}. Default: all.`,
    ...optionsOf(KINDS),
  },
});
const chosen = kindsOf(only);
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
  const { part, failures } = await kind.run(paths, given);
  const order = KINDS.map((each) => each.name);
  if (part && failures.length === 0) await writePart(name, part, order);
  return failures;
}

function kindsOf(only: string | undefined): readonly ReferenceKind[] {
  const names = namesOf(
    only === undefined ? {} : { only },
    'only',
    KINDS.map(({ name }) => name),
  );
  const kinds = KINDS.filter(({ name }) => names.includes(name));
  // All of them now: a kind trains for minutes before the next is asked.
  for (const { name, options, runs } of kinds) {
    const unknown = Object.keys(given).find((option) => !Object.hasOwn(options, option));
    if (unknown !== undefined) {
      fail(
        `--${unknown}: ${name} has no such option. Its options are ${Object.keys(options).join(', ')}; --only chooses kinds.`,
      );
    }
    const run = given['run']?.split(',').find((each) => !runs.includes(each));
    if (run !== undefined) fail(`--run ${run}: ${name} has ${runs.join(', ')}; --only chooses kinds.`);
  }
  return kinds;
}

/** What kinds may be asked for; each option says of which kinds it is. */
function optionsOf(kinds: readonly ReferenceKind[]): Options {
  const names = new Set(kinds.flatMap(({ options }) => Object.keys(options)));
  return Object.fromEntries(
    Array.from(names, (option) => {
      const those = kinds.filter(({ options }) => Object.hasOwn(options, option));
      const abouts = new Set(those.map(({ options }) => options[option]!));
      const namesWith = (about: string): string =>
        those.flatMap(({ name, options }) => (options[option] === about ? [name] : [])).join(', ');
      return [option, Array.from(abouts, (about) => `${namesWith(about)}: ${about}`).join('; ')];
    }),
  );
}
