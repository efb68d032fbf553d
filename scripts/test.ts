// Every check of the repository, one stage after the other: node scripts/test.ts [stages], by default all of them.
// A failing stage does not hide what later ones find; those that need a build are left out when it fails.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = fileURLToPath(new URL('../node_modules/.cache/unroll/vitest.json', import.meta.url));

// A log file gets plain text.
const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' };

interface Stage {
  readonly title: string;
  readonly commands: readonly string[];
  readonly needs?: string;
}
const stages: Readonly<Record<string, Stage>> = {
  lint: { title: 'Lint and format', commands: ['oxlint', 'oxfmt --check'] },
  boundaries: { title: 'Package boundaries and manifests', commands: ['turbo boundaries', 'sherif'] },
  typecheck: { title: 'Types', commands: ['turbo run typecheck --continue --output-logs=errors-only', 'tsc'] },
  build: { title: 'Build', commands: ['turbo run build --continue=dependencies-successful --output-logs=errors-only'] },
  unit: {
    title: 'Unit and property tests',
    commands: [`vitest run --reporter=default --reporter=json --outputFile.json="${results}"`],
  },
  packages: { title: 'Packages', commands: ['pnpm --silent check:packages'], needs: 'build' },
  readmes: { title: 'Code in READMEs and guides', commands: ['pnpm --silent check:readmes'], needs: 'build' },
  examples: { title: 'Examples', commands: ['pnpm --silent check:examples'], needs: 'build' },
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !Object.hasOwn(stages, name));
if (unknown.length > 0) {
  console.error(`unknown stage: ${unknown.join(', ')}. The stages are: ${Object.keys(stages).join(', ')}`);
  process.exit(2);
}

rmSync(results, { force: true });
const outcomes = new Map<string, { outcome: 'ok' | 'failed' | 'not run'; seconds: number }>();
for (const [name, { title, commands, needs }] of Object.entries(stages)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  if (needs !== undefined && outcomes.get(needs)?.outcome === 'failed') {
    outcomes.set(name, { outcome: 'not run', seconds: 0 });
    continue;
  }
  console.log(`\n━━ ${title} ${'━'.repeat(Math.max(0, 96 - title.length))}`);
  const start = performance.now();
  const failed = commands.filter((command) => !succeeds(command));
  const outcome = failed.length === 0 ? 'ok' : 'failed';
  outcomes.set(name, { outcome, seconds: (performance.now() - start) / 1000 });
}

console.log(`\n━━ Summary ${'━'.repeat(89)}`);
for (const [name, { outcome, seconds }] of outcomes) {
  console.log(`${outcome.padEnd(8)} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${stages[name]!.title}`);
}
const failed = [...outcomes.values()].some(({ outcome }) => outcome !== 'ok');
if (outcomes.has('unit')) console.log(countTests());
process.exitCode = failed ? 1 : 0;

function succeeds(command: string): boolean {
  const { status, signal } = spawnSync(command, { cwd: root, env, stdio: 'inherit', shell: true });
  if (signal === 'SIGINT' || status === 130) process.exit(130);
  return status === 0;
}

/** `12 passed, 1 failed, 0 skipped`; a test file that could not be loaded counts as one failed test. */
function countTests(): string {
  if (!existsSync(results)) return '0 passed, 1 failed, 0 skipped (the tests did not start)';
  const report = JSON.parse(readFileSync(results, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numTodoTests: number;
    testResults: { status: string; assertionResults: { status: string }[] }[];
  };
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  const skipped = report.numPendingTests + report.numTodoTests;
  return `${report.numPassedTests} passed, ${report.numFailedTests + unloaded.length} failed, ${skipped} skipped`;
}
