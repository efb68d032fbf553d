import { drawTimes } from '../chart.ts';
import { figure, table } from '../markdown.ts';
import { machine } from '../page.ts';
import { median, pairedRatio } from '../statistics.ts';
import type { GpuRow } from './compete.ts';
import { CONTESTANTS } from './contestants.ts';
import type { GpuWorkload } from './workloads.ts';

/** What a run is told apart by. */
export interface GpuCircumstances {
  readonly date: string;
  readonly command: string;
  readonly chromium: string;
  readonly seconds: number;
  readonly hardware: boolean;
  readonly missing: readonly string[];
}

/** Rows of one workload, and what it was. */
export interface GpuResult {
  readonly workload: GpuWorkload;
  readonly rows: readonly GpuRow[];
}

/** The median, in milliseconds; undefined if there is none. */
export function timeOf({ times }: GpuRow): number | undefined {
  const taken = times.filter((time) => time !== undefined);
  return taken.length === 0 ? undefined : median(taken);
}

/** docs/benchmarks-gpu.md */
export function gpuPage(results: readonly GpuResult[], run: GpuCircumstances): string {
  const main = results.filter(({ workload }) => !workload.ownOnly);
  const where = run.hardware
    ? "on the machine's own GPU"
    : '**on a GPU in software (SwiftShader: WebGL and WebGPU on the processor), where only ratios between GPU libraries mean something**';
  const sections = [
    '# Benchmarks on the GPU',
    prose(
      `One page in Chromium runs all contestants side by side ${where}. They take turns in each round, start from the same numbers, ` +
        'and show by their first results that they do the same work. A time is that of one unit of work, by the clock on the wall, ' +
        'until a few numbers of its result are read: the first numbers of a product, or a loss. Medians over the rounds; ratios ' +
        'compare the times of one round. The first run, in which kernels are compiled, is told apart. ' +
        'jax-wasm runs on as many threads as there are cores, unroll-wasm on one.',
    ),
    `${run.date}; ${machine()}; Chromium ${run.chromium}; ${Math.round(run.seconds)} s. Again: \`${run.command}\`.`,
    ...(run.missing.length > 0 ? [`**The run was stopped early; missing: ${run.missing.join(', ')}.**`] : []),
    ...(main.length > 0 ? ['![Times of all on one logarithmic axis](benchmarks-gpu.svg)'] : []),
    '## Beside tfjs',
    'How many times as long: the median over the rounds, and in brackets the fastest turn of each.',
    summary(main),
    ...main.flatMap(({ workload, rows }) => [`## ${workload.title}`, workloadTable(rows), notes(rows)]),
    '## From which size on the GPU pays',
    crossover(results),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

/** The lines of one workload. */
export function workloadTable(rows: readonly GpuRow[]): string {
  const header = ['', 'ms', 'fastest', '× tfjs-webgl', '× unroll-wasm', 'first run, ms', 'same work', 'turns'];
  const lines = rows.map((row) => {
    const taken = row.times.filter((time) => time !== undefined);
    if (taken.length === 0) return [row.impl, '–', '–', '–', '–', figure(row.first), '–', '0'];
    return [
      row.impl,
      figure(median(taken)),
      figure(Math.min(...taken)),
      figure(ratio(rows, row.impl, 'tfjs-webgl')),
      figure(ratio(rows, row.impl, 'unroll-wasm')),
      figure(row.first),
      row.sameWork ? 'yes' : 'NO',
      String(taken.length),
    ];
  });
  return table(header, lines, [...header.slice(1, 6), 'turns']);
}

function summary(results: readonly GpuResult[]): string {
  const header = ['', 'unroll-webgl2 × tfjs-webgl', 'unroll-webgpu × tfjs-webgpu', 'the fastest on the GPU'];
  const lines = results.map(({ workload, rows }) => {
    const gpu = rows.filter(({ impl }) => CONTESTANTS.some(({ name, gpu }) => gpu && name === impl));
    const fastest = gpu
      .filter((row) => timeOf(row) !== undefined)
      .toSorted((a, b) => timeOf(a)! - timeOf(b)!)
      .at(0);
    return [
      workload.title,
      bothRatios(rows, 'unroll-webgl2', 'tfjs-webgl'),
      bothRatios(rows, 'unroll-webgpu', 'tfjs-webgpu'),
      fastest?.impl ?? '–',
    ];
  });
  return table(header, lines, header.slice(1, 3));
}

/** From which size on a GPU is faster than our own WebAssembly, by kind of work. */
export function crossover(results: readonly GpuResult[]): string {
  const kinds = [
    {
      title: 'product of n × n',
      of: ({ workload: { work } }: GpuResult) => (work.kind === 'matmul' ? work.n : undefined),
    },
    {
      title: 'training step of an LSTM of n',
      of: ({ workload: { work } }: GpuResult) =>
        work.kind === 'train' && work.sizes.layers === 1 ? work.sizes.hidden : undefined,
    },
  ];
  const header = ['', 'GPU', 'times as long as unroll-wasm, by n', 'pays from n on'];
  const lines = kinds.flatMap(({ title, of }) =>
    ['unroll-webgl2', 'unroll-webgpu'].map((impl) => {
      const points = results
        .flatMap((result) => {
          const n = of(result);
          const times = n === undefined ? undefined : ratio(result.rows, impl, 'unroll-wasm');
          return times === undefined ? [] : [{ n: n!, times }];
        })
        .toSorted((a, b) => a.n - b.n);
      const shown = points.map(({ n, times }) => `${n}: ${figure(times)}`).join(', ');
      return [title, impl, shown || '–', paysFrom(points)];
    }),
  );
  return table(header, lines);
}

/** The smallest size from which on the GPU is never slower. */
export function paysFrom(points: readonly { readonly n: number; readonly times: number }[]): string {
  const last = points.findLastIndex(({ times }) => times >= 1);
  if (points.length === 0) return '–';
  return last === points.length - 1 ? `never, up to ${points.at(-1)!.n}` : String(points[last + 1]!.n);
}

function ratio(rows: readonly GpuRow[], impl: string, reference: string): number | undefined {
  const times = (name: string): readonly (number | undefined)[] => rows.find((row) => row.impl === name)?.times ?? [];
  return pairedRatio(times(impl), times(reference));
}

/** `0.72 (0.65)`: of the rounds, and of the fastest turn of each, which a busy machine disturbs least. */
function bothRatios(rows: readonly GpuRow[], impl: string, reference: string): string {
  const fastest = (name: string): number => {
    const taken = rows.find((row) => row.impl === name)?.times.filter((time) => time !== undefined) ?? [];
    return Math.min(...taken);
  };
  const ofRounds = ratio(rows, impl, reference);
  return ofRounds === undefined ? '–' : `${figure(ofRounds)} (${figure(fastest(impl) / fastest(reference))})`;
}

function notes(rows: readonly GpuRow[]): string {
  return rows
    .map(({ impl, about, error }) => {
      const reason = error === undefined ? '' : ` No result: ${error.replace(/\.$/, '')}.`;
      return `- ${impl}: ${about === '' ? '' : `${about}.`}${reason}`;
    })
    .join('\n');
}

/** docs/benchmarks-gpu.svg */
export function gpuPicture(results: readonly GpuResult[]): string {
  const panels = results
    .filter(({ workload }) => !workload.ownOnly)
    .map(({ workload, rows }) => ({
      title: workload.title,
      marks: rows.map((row) => ({ name: row.impl, value: timeOf(row) })),
    }));
  return drawTimes('Milliseconds in one page of Chromium', panels, 'unroll');
}

/** Lines of at most 120 characters. */
function prose(text: string): string {
  return text.replaceAll(/(.{1,120})(?: |$)/g, '$1\n').trimEnd();
}
