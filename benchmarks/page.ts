import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform } from 'node:os';
import type { WorkloadName } from './contestants/workloads.ts';
import { drawTimes } from './chart.ts';
import { figure, table } from './markdown.ts';
import type { Measurement } from './measurements/measurement.ts';
import type { Row } from './row.ts';

export const TITLES: Readonly<Record<WorkloadName, string>> = {
  W1: 'W1: train LSTM 128, 65 symbols, batch 32, 50 steps, Adam',
  W2: 'W2: train 2 × LSTM 512, 65 symbols, batch 64, 50 steps, Adam',
  W3: 'W3: generate 1000 characters, LSTM 512, one at a time',
  W4: 'W4: tagger in both directions, 2 × LSTM 128, embedding 5000 × 100, batch 32, 30 steps, loss and gradients',
};

/** What a run is told apart by. */
export interface Circumstances {
  readonly date: string;
  /** The Node of the contestants: `24.21.0`. */
  readonly node: string;
  readonly command: string;
  readonly seconds: number;
  /** What of the run is missing, if it was stopped. */
  readonly missing: readonly string[];
}

/** The lines of one workload as a table. */
export function workloadTable(rows: readonly Row[]): string {
  const reference = rows.find((row) => row.reference !== undefined)?.reference ?? 'reference';
  const header = ['', 'ms processor', 'ms wall', 'quartiles', 'tokens/s', `× ${reference}`, 'same work', 'turns'];
  const lines = rows.map((row) => {
    const name = row.threads > 1 ? `${row.impl} (${row.threads} threads)` : row.impl;
    if (row.wall === undefined) return [name, '–', '–', '–', '–', '–', '–', '0'];
    return [
      name,
      figure(row.cpu),
      figure(row.wall),
      row.quartiles!.map(figure).join('–'),
      row.tokensPerSecond!.toLocaleString('en'),
      figure(row.ratio),
      row.sameWork === undefined ? 'own weights' : row.sameWork ? 'yes' : 'NO',
      `${row.rounds} × ${row.steps}`,
    ];
  });
  return table(header, lines, header.slice(1, 6));
}

/** Why some have no figures, and what others do otherwise. */
export function notes(rows: readonly Row[]): string {
  return rows
    .map(({ impl, about, error, wall }) => {
      const said = about === '' ? [] : [`${about}.`];
      const reason =
        error === undefined ? [] : [`${wall === undefined ? 'No result' : 'Stopped'}: ${error.replace(/\.$/, '')}.`];
      return [`- ${impl}:`, ...said, ...reason].join(' ');
    })
    .join('\n');
}

/** What the second thread brings, by the clock on the wall; empty where nobody ran with two. */
export function threadsTable(rows: readonly Row[]): string {
  const pairs = [
    ['yardstick', 'yardstick', 'yardstick-2'],
    ['unroll-wasm', 'unroll-wasm-1', 'unroll-wasm-2'],
    ['unroll-wide', 'unroll-wide-1', 'unroll-wide-2'],
  ] as const;
  const lines = pairs.flatMap(([name, one, two]) =>
    (['W1', 'W2', 'W3', 'W4'] as const).flatMap((workload) => {
      const wall = (impl: string): number | undefined =>
        rows.find((row) => row.workload === workload && row.impl === impl)?.wall;
      const [alone, both] = [wall(one), wall(two)];
      if (alone === undefined || both === undefined) return [];
      return [[name, workload, figure(alone), figure(both), figure(alone / both)]];
    }),
  );
  const header = ['', 'workload', 'ms, one thread', 'ms, two threads', 'speedup'];
  return lines.length === 0 ? '' : table(header, lines, header.slice(2));
}

/** docs/benchmarks.md. */
export function page(rows: readonly Row[], measurements: readonly Measurement[], run: Circumstances): string {
  const sections = [
    '# Benchmarks',
    prose(
      'A hand-written LSTM on WebAssembly kernels in C (the yardstick: no tensors, no tape, no allocation), unroll through its public ' +
        'API, and what one would take instead, on the same work. Each runs in a process of its own; in a round each takes its turn, so ' +
        'that a busy moment of the machine does not fall on one alone. Figures are medians over the rounds. The ratio compares processor ' +
        'times round by round; for two threads it compares wall times with one thread of the reference. A row counts as the same work if ' +
        'its first losses (W1, W2), first symbols (W3), or loss and norm of all gradients (W4) are the expected ones. What is called wide ' +
        'computes on vectors of 256 bits: unroll by its option `wideVectors`, others by a flag of Node.',
    ),
    `${run.date}; ${machine()}; Node ${run.node}; ${Math.round(run.seconds)} s. Again: \`${run.command}\`.`,
    ...(run.missing.length > 0 ? [`**The run was stopped early; missing: ${run.missing.join(', ')}.**`] : []),
    ...(rows.length > 0 ? ['![Times of all on one logarithmic axis](benchmarks.svg)'] : []),
    ...sectionsOf(rows, measurements),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** What is measured, a heading and tables each. */
export function sectionsOf(rows: readonly Row[], measurements: readonly Measurement[]): readonly string[] {
  const workloads = (Object.keys(TITLES) as WorkloadName[]).filter((name) => rows.some((row) => row.workload === name));
  const threads = threadsTable(rows);
  return [
    ...workloads.flatMap((name) => {
      const own = rows.filter((row) => row.workload === name);
      return [`## ${TITLES[name]}`, workloadTable(own), notes(own)];
    }),
    ...(threads === '' ? [] : ['## Two threads', threads]),
    ...measurements.flatMap(({ heading, text, header, rows }) => [
      `## ${heading}`,
      prose(text),
      ...(rows.length === 0 ? [] : [table(header, rows, header.slice(1))]),
    ]),
  ];
}

/** docs/benchmarks.svg: processor time, or wall time of two threads. */
export function picture(rows: readonly Row[]): string {
  const panels = (Object.keys(TITLES) as WorkloadName[]).flatMap((name) => {
    const own = rows.filter((row) => row.workload === name);
    if (own.every((row) => row.wall === undefined)) return [];
    const marks = own.map((row) => ({ name: row.impl, value: row.threads > 1 ? row.wall : row.cpu }));
    return [{ title: TITLES[name], marks }];
  });
  return drawTimes('Milliseconds (processor time; names that end in -2: two threads, wall time)', panels, 'unroll');
}

/** `AMD EPYC, 2 cores, linux on x64, load 0.4`. */
export function machine(): string {
  const cores = availableParallelism();
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const load = platform() === 'win32' ? '' : `, load average ${loadavg()[0]!.toFixed(1)} at the end`;
  return `${model}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${platform()} on ${arch()}${governor()}${load}`;
}

function governor(): string {
  try {
    return `, governor ${readFileSync('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', 'utf8').trim()}`;
  } catch {
    return '';
  }
}

/** Lines of at most 120 characters. */
function prose(text: string): string {
  return text.replaceAll(/(.{1,120})(?: |$)/g, '$1\n').trimEnd();
}
