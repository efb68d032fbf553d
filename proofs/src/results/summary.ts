import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../shared/checkout.ts';
import { table } from '../shared/markdown-table.ts';
import { CLAIMS, verdicts } from './claims.ts';
import { Page, type Provenance } from './page.ts';

const HEAD = `# Results

Every proof in one place: what is claimed, the figure, what it is held to; when, on what, and by which command. All of it is collected from the pages
behind the links, which the commands write, by \`pnpm results\`; \`npm test\` fails where this page does not say what they say.`;

/** Pages that come first, in this order; the others of docs/results after them, by name. */
const ORDER = [
  'results/goldens.md',
  'results/learning.md',
  'results/kill.md',
  'results/memory.md',
  'results/streaming.md',
];
/** The page that `npm test` checks, and no command writes. */
const OF_THE_TESTS = 'results/goldens.md';
const LAST = ['benchmarks.md', 'benchmarks-gpu.md'];

/** docs/results.md, by the pages of docs as they are, before it is formatted. */
export function summary(): string {
  const docs = join(root, 'docs');
  const found = readdirSync(join(docs, 'results')).filter((name) => name.endsWith('.md'));
  const others = found.map((name) => `results/${name}`).filter((path) => !ORDER.includes(path));
  const paths = [...ORDER, ...others.toSorted(), ...LAST].filter((path) => existsSync(join(docs, path)));
  const sections = paths.map((path) => sectionOf(new Page(path, readFileSync(join(docs, path), 'utf8'))));
  return `${[HEAD, ...sections].join('\n\n')}\n`;
}

/** @throws Error for a page that does not say when and by which command it came to be */
export function sectionOf(page: Page): string {
  if (page.provenances.length === 0 && page.path !== OF_THE_TESTS) {
    throw new Error(`docs/${page.path} has no paragraph like "2026-01-31, 2 cores. Again: \`pnpm …\`."`);
  }
  const claims = (CLAIMS[page.path] ?? verdicts)(page);
  const rows = claims.map(({ claim, figure, reference }) => [claim, figure, reference]);
  const origins = page.provenances.length === 0 ? ['Part of every `npm test`.'] : page.provenances.map(originOf);
  return [
    `## [${page.title}](${page.path})`,
    origins.length === 1 ? origins[0]! : origins.map((origin) => `- ${origin}`).join('\n'),
    ...(rows.length === 0 ? [] : [table(['Claim', 'Figure', 'Held to'], rows)]),
  ].join('\n\n');
}

function originOf({ section, date, machine, command, seed }: Provenance): string {
  const about = [date, machine, ...(seed === undefined ? [] : [seed])].join(', ');
  return `${section === '' ? '' : `${section}: `}${about}. Again: \`${command}\`.`;
}
