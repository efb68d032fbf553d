// Times unroll, its peers and a hand-written yardstick side by side: pnpm bench [--only W1,W3] [--impl unroll-wasm-1,yardstick] [--json]
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runMain } from 'citty';
import { type Request, PARTS, benchCommand, nodeVersion } from './command-line.ts';
import { compete } from './compete.ts';
import { stopAll } from './contestant-process.ts';
import type { WorkloadName } from './contestants/workloads.ts';
import { IMPLEMENTATIONS } from './implementations.ts';
import type { Measurement } from './measurements/measurement.ts';
import { page, picture, sectionsOf } from './page.ts';
import { type Row, type Samples, toRows } from './row.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Lets packages be found as they are written, not as they are built. */
const SOURCES = '--conditions=@unroll/source';
const WORKLOADS: readonly string[] = ['W1', 'W2', 'W3', 'W4'];

await runMain(benchCommand(bench));

async function bench(request: Request): Promise<void> {
  const started = performance.now();
  const stopped = new AbortController();
  const stop = (): void => {
    console.error('\nStopping; what has been measured is kept. Once more to leave at once.');
    stopped.abort();
    stopAll();
  };
  // A second signal meets no listener, and ends the process.
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const node = nodeVersion(request.node);
  const rows: Row[] = [];
  const measurements: Measurement[] = [];
  const missing: string[] = [];
  const show = (): void => {
    if (request.page === undefined) return;
    const seconds = (performance.now() - started) / 1000;
    const date = new Date().toISOString().slice(0, 10);
    const run = { date, node, command: command(), seconds, missing };
    write(request.page, page(rows, measurements, run), picture(rows));
  };
  const progress = (line: string): void => {
    const seconds = Math.round((performance.now() - started) / 1000);
    console.error(`${String(seconds).padStart(4)} s  ${line}`);
  };
  for (const part of PARTS) {
    if (!request.only.has(part)) continue;
    if (WORKLOADS.includes(part) && !stopped.signal.aborted) {
      const samples: Samples[] = [];
      const those = IMPLEMENTATIONS.filter(
        ({ name, workloads }) => request.impl.has(name) && workloads.includes(part as WorkloadName),
      );
      await compete(part as WorkloadName, those, samples, { ...request, signal: stopped.signal, progress });
      const done = toRows(part as WorkloadName, samples);
      rows.push(...done);
      if (request.json) for (const row of done) console.log(JSON.stringify(row));
    } else if (!stopped.signal.aborted) {
      progress(part);
      const measurement = await measure(part, stopped.signal);
      measurements.push(measurement);
      if (request.json) console.log(JSON.stringify({ measurement: part, ...measurement }));
    }
    if (stopped.signal.aborted) missing.push(part);
    show();
  }
  if (request.page !== undefined) progress(`written: ${request.page}`);
  else if (!request.json) console.log(sectionsOf(rows, measurements).join('\n\n'));
}

/** A measurement in a process of its own, on the Node that runs this; one that fails is a section that says so. */
async function measure(name: string, signal: AbortSignal): Promise<Measurement> {
  const program = fileURLToPath(new URL(`measurements/${name}.ts`, import.meta.url));
  try {
    // A profile is told apart by the files of the sources.
    const isOnSources = name === 'overhead' && !process.execArgv.includes(SOURCES);
    const flags = [...process.execArgv, ...(isOnSources ? [SOURCES] : [])];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, program], {
      signal,
      timeout: 180_000,
      maxBuffer: 2 ** 24,
    });
    return JSON.parse(stdout.split('\n').findLast((line) => line.startsWith('{')) ?? '') as Measurement;
  } catch (error) {
    const lines = String(error instanceof Error ? error.message : error).split('\n');
    const reason = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0]!;
    return { heading: name, text: `No result: ${reason}`, header: ['', ''], rows: [] };
  }
}

/** The page and its picture; formatted as all of the repository is, where the formatter is there. */
function write(file: string, text: string, svg: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  writeFileSync(join(dirname(file), 'benchmarks.svg'), svg);
  const formatter = join(root, 'node_modules', '.bin', 'oxfmt');
  if (existsSync(formatter)) execFileSync(formatter, [file], { cwd: root, stdio: 'ignore' });
}

/** The command line to do it again. */
function command(): string {
  return ['pnpm bench', ...process.argv.slice(2)].join(' ');
}
