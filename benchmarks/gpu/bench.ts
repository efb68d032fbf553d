// Times unroll on the GPU beside tfjs, jax-js and its own WebAssembly, in one page of Chromium:
// pnpm bench:gpu [--only W1-train,matmul-256] [--impl unroll-webgl2,tfjs-webgl] [--rounds 5] [--full] [--hardware] [--json] [--page path]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ParsedArgs, defineCommand, runMain } from 'citty';
import { checkKnown, chosen, count, understood } from '../command-line.ts';
import { cache, install } from '../stage.ts';
import { startBrowser } from './browser.ts';
import { compete } from './compete.ts';
import { CONTESTANTS, INSTALLED } from './contestants.ts';
import { type GpuResult, crossover, gpuPage, gpuPicture, timeOf, workloadTable } from './report.ts';
import { gpuWorkloads } from './workloads.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const options = {
  only: { type: 'string', description: 'Workloads, with commas between. Default: all.' },
  impl: {
    type: 'string',
    description: `Who takes part: ${CONTESTANTS.map(({ name }) => name).join(', ')}. Default: all.`,
  },
  rounds: { type: 'string', default: '5', description: 'How often each takes its turn.' },
  patience: {
    type: 'string',
    default: '90',
    description: 'Seconds after which a contestant that does not answer is left out.',
  },
  full: { type: 'boolean', description: 'W2 in full: batch 64 and 50 steps, minutes a step on a GPU in software.' },
  hardware: { type: 'boolean', description: "The machine's own GPU, not one in software." },
  json: { type: 'boolean', description: 'Print one JSON line per row, and write no page.' },
  page: {
    type: 'string',
    description: 'Where to write the page. Default: docs/benchmarks-gpu.md if nothing is left out.',
  },
} as const;

await runMain(
  defineCommand({
    meta: { name: 'pnpm bench:gpu', description: 'Times unroll on the GPU beside its peers, in one page of Chromium.' },
    args: options,
    run: ({ args }) => bench(understood(() => toRequest(args))),
  }),
);

/** @throws Error naming what is not understood, and what is possible */
function toRequest(given: ParsedArgs<typeof options>): Request {
  checkKnown(given, options);
  const { full = false, hardware = false, json = false } = given;
  const workloads = gpuWorkloads(full);
  const only = chosen(
    'only',
    given.only,
    workloads.map(({ name }) => name),
  );
  const impl = chosen(
    'impl',
    given.impl,
    CONTESTANTS.map(({ name }) => name),
  );
  const isWhole = given.only === undefined && given.impl === undefined && !json;
  return {
    workloads: workloads.filter(({ name }) => only.has(name)),
    impl,
    rounds: count('rounds', given.rounds),
    patience: 1000 * count('patience', given.patience),
    hardware,
    json,
    page: given.page ?? (isWhole ? join(root, 'docs/benchmarks-gpu.md') : undefined),
  };
}

interface Request {
  readonly workloads: ReturnType<typeof gpuWorkloads>;
  readonly impl: ReadonlySet<string>;
  readonly rounds: number;
  readonly patience: number;
  readonly hardware: boolean;
  readonly json: boolean;
  readonly page: string | undefined;
}

async function bench({ workloads, impl, rounds, patience, hardware, json, page }: Request): Promise<void> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const progress = (line: string): void => console.error(`${String(Math.round(seconds())).padStart(4)} s  ${line}`);
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  process.once('SIGTERM', () => stopped.abort());
  const packages: Record<string, string | undefined> = {};
  for (const { folder, of, packages: wanted } of INSTALLED) {
    const takesPart = [...impl].some((name) => name.startsWith(of));
    if (takesPart) {
      mkdirSync(join(cache, folder), { recursive: true });
      await install(join(cache, folder), wanted);
    }
    // The longer name first: an alias also matches what lies below it.
    for (const name of Object.keys(wanted).toSorted((a, b) => b.length - a.length))
      packages[name] = takesPart ? join(cache, folder, 'node_modules', name) : undefined;
  }
  const browser = await startBrowser({ packages, hardware });
  const results: GpuResult[] = [];
  const missing: string[] = [];
  try {
    for (const workload of workloads) {
      if (stopped.signal.aborted) {
        missing.push(workload.name);
        continue;
      }
      const rows = await compete(browser, workload, impl, { rounds, patience, signal: stopped.signal, progress });
      results.push({ workload, rows });
      if (json) for (const row of rows) console.log(JSON.stringify({ ...row, ms: timeOf(row) }));
      else if (page === undefined) console.log(`${workload.title}\n\n${workloadTable(rows)}\n`);
      if (page !== undefined) {
        const date = new Date().toISOString().slice(0, 10);
        const command = ['pnpm bench:gpu', ...process.argv.slice(2)].join(' ');
        const run = { date, command, chromium: browser.version, seconds: seconds(), hardware, missing };
        write(page, gpuPage(results, run), gpuPicture(results));
      }
    }
  } finally {
    await browser.close();
  }
  if (!json) console.log(crossover(results));
  if (page !== undefined) progress(`written: ${page}`);
}

/** The page and its picture; formatted as all of the repository is, where the formatter is there. */
function write(file: string, text: string, svg: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  writeFileSync(join(dirname(file), 'benchmarks-gpu.svg'), svg);
  const formatter = join(root, 'node_modules', '.bin', 'oxfmt');
  if (existsSync(formatter)) execFileSync(formatter, [file], { cwd: root, stdio: 'ignore' });
}
