// Every check of the repository, one stage after the other: node scripts/test.ts [stages], by default all of them.
// A failing stage does not hide what later ones find; those that need a build are left out when it fails.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { whyNoChromium } from './chromium.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where vitest writes what came of the tests of a stage. */
function resultsOf(stage: string): string {
  return fileURLToPath(new URL(`../node_modules/.cache/unroll/vitest-${stage}.json`, import.meta.url));
}
/** Vitest, for people and for the summary. */
function vitest(stage: string, options = ''): string {
  return `vitest run${options} --reporter=default --reporter=json --outputFile.json="${resultsOf(stage)}"`;
}

// A log file gets plain text.
const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' };

interface Stage {
  readonly title: string;
  readonly commands: readonly string[];
  readonly needs?: string;
  /** Why it can't be done here, and what would help. */
  readonly obstacle?: () => string | undefined;
}
const stages: Readonly<Record<string, Stage>> = {
  lint: { title: 'Lint and format', commands: ['oxlint', 'oxfmt --check'] },
  boundaries: { title: 'Package boundaries and manifests', commands: ['turbo boundaries', 'sherif'] },
  typecheck: { title: 'Types', commands: ['turbo run typecheck --continue --output-logs=errors-only', 'tsc'] },
  build: { title: 'Build', commands: ['turbo run build --continue=dependencies-successful --output-logs=errors-only'] },
  unit: { title: 'Unit and property tests', commands: [vitest('unit')] },
  browser: {
    title: 'Tests in Chromium',
    commands: [vitest('browser', ' --config vitest.browser.config.ts')],
    obstacle: whyNoChromium,
  },
  packages: { title: 'Packages', commands: ['pnpm --silent check:packages'], needs: 'build' },
  readmes: { title: 'Code in READMEs and guides', commands: ['pnpm --silent check:readmes'], needs: 'build' },
  examples: { title: 'Examples', commands: ['pnpm --silent check:examples'], needs: 'build' },
};

/** What vitest writes. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly meta?: { readonly gpu?: Gpu } }[];
  }[];
}

/** What tests say about the GPU: which device ran a mode, or why there was none. */
interface Gpu {
  readonly mode: string;
  readonly device?: string;
  readonly reason?: string;
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !Object.hasOwn(stages, name));
if (unknown.length > 0) {
  console.error(`unknown stage: ${unknown.join(', ')}. The stages are: ${Object.keys(stages).join(', ')}`);
  process.exit(2);
}

for (const name of Object.keys(stages)) rmSync(resultsOf(name), { force: true });
interface Outcome {
  readonly outcome: 'ok' | 'failed' | 'not run' | 'skipped';
  readonly seconds: number;
  readonly because?: string;
}
const outcomes = new Map<string, Outcome>();
for (const [name, { title, commands, needs, obstacle }] of Object.entries(stages)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  if (needs !== undefined && outcomes.get(needs)?.outcome === 'failed') {
    outcomes.set(name, { outcome: 'not run', seconds: 0 });
    continue;
  }
  console.log(`\n━━ ${title} ${'━'.repeat(Math.max(0, 96 - title.length))}`);
  const because = obstacle?.();
  if (because !== undefined) {
    console.log(`Skipped: ${because}`);
    outcomes.set(name, { outcome: 'skipped', seconds: 0, because });
    continue;
  }
  const start = performance.now();
  const failed = commands.filter((command) => !succeeds(command));
  const outcome = failed.length === 0 ? 'ok' : 'failed';
  outcomes.set(name, { outcome, seconds: (performance.now() - start) / 1000 });
}

console.log(`\n━━ Summary ${'━'.repeat(89)}`);
for (const [name, { outcome, seconds, because }] of outcomes) {
  const reason = because === undefined ? '' : `: ${because}`;
  console.log(`${outcome.padEnd(8)} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${stages[name]!.title}${reason}`);
}
const failed = [...outcomes.values()].some(({ outcome }) => outcome === 'failed' || outcome === 'not run');
const tested = ['unit', 'browser'].filter((name) => ['ok', 'failed'].includes(outcomes.get(name)?.outcome ?? ''));
if (existsSync(resultsOf('browser'))) console.log(gpuModes());
if (tested.length > 0) console.log(countTests(tested));
process.exitCode = failed ? 1 : 0;

function succeeds(command: string): boolean {
  const { status, signal } = spawnSync(command, { cwd: root, env, stdio: 'inherit', shell: true });
  if (signal === 'SIGINT' || status === 130) process.exit(130);
  return status === 0;
}

/** Which modes of the GPU were tested, on what; which were not, and what would help. */
function gpuModes(): string {
  const report = JSON.parse(readFileSync(resultsOf('browser'), 'utf8')) as Report;
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const lines = tests.flatMap(({ meta }) => {
    if (meta?.gpu?.device !== undefined) return [`GPU: ${meta.gpu.mode} tested on ${meta.gpu.device}`];
    return meta?.gpu?.reason === undefined ? [] : [`GPU: ${meta.gpu.mode} not tested: ${meta.gpu.reason}`];
  });
  return [
    ...lines,
    'GPU: headlessgl and WebGPU in Node not tested: `npx pnpm proof:gpu --mode headlessgl,dawn` installs what they need and does',
  ].join('\n');
}

/** `12 passed, 1 failed, 0 skipped` in all these stages; a test file that could not be loaded counts as one failed test. */
function countTests(names: readonly string[]): string {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const notStarted: string[] = [];
  for (const name of names) {
    if (!existsSync(resultsOf(name))) {
      counts.failed++;
      notStarted.push(name);
      continue;
    }
    const report = JSON.parse(readFileSync(resultsOf(name), 'utf8')) as Report;
    const unloaded = report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
    );
    counts.passed += report.numPassedTests;
    counts.failed += report.numFailedTests + unloaded.length;
    counts.skipped += report.numPendingTests + report.numTodoTests;
  }
  const { passed, failed, skipped } = counts;
  const why = notStarted.length > 0 ? ` (these tests did not start: ${notStarted.join(', ')})` : '';
  return `${passed} passed, ${failed} failed, ${skipped} skipped${why}`;
}
