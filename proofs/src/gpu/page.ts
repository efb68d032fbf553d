import { machine } from '../shared/machine.ts';
import { type Row, prose, table, today, writeResults } from '../shared/results.ts';
import type { Findings } from './findings.ts';
import type { Place } from './places.ts';

/** What came of the tests in one place. */
export interface Outcome {
  readonly place: Place;
  /** Or why they could not run. */
  readonly findings: Findings | string;
  readonly seconds: number;
}

interface OpFigures {
  readonly op: string;
  readonly dtype: string;
  readonly cases: number;
  readonly failed: number;
  readonly worst: number;
}

interface Ran {
  readonly place: Place;
  readonly findings: Findings;
}

/** Writes docs/results/gpu.md. */
export async function writePage(outcomes: readonly Outcome[]): Promise<void> {
  const ran = outcomes.flatMap(({ place, findings }) =>
    typeof findings === 'string' || findings.device === undefined ? [] : [{ place, findings }],
  );
  await writeResults('gpu', [
    '# GPU.js, in every mode',
    prose(
      'The same tests, run by `@unroll/backend-gpujs` in each mode of GPU.js, beside other work on the machine: the contract of backends op by op, compiled loops of every cell, ' +
        'networks forwards and backwards, a training run, several backends side by side, what GPU.js gets wrong without a word, and what happens when the device is lost. ' +
        'All of these GPUs are programs (SwiftShader, llvmpipe). Of the loops each cell runs bare ' +
        'and in one wrapper in three; losing the device is tried in pages alone, ops whose calls fail in WebGL 2 alone.',
    ),
    `${today()}, ${machine()}. Again: \`pnpm proof:gpu\`.`,
    table(['mode', 'device', 'passed', 'failed', 'skipped', 'seconds'], outcomes.map(outcomeRow), [
      'passed',
      'failed',
      'skipped',
      'seconds',
    ]),
    '## Networks',
    prose(
      'The largest errors of values and gradients against float64 on the CPU, relative to the largest number of the array, or to 1. Allowed: ' +
        '1e-5 and 1e-4.',
    ),
    networksTable(ran),
    '## Training',
    trainingTable(ran),
    '## Speed',
    prose(
      'Milliseconds until the first number of the result is read, the median of five turns, and in brackets how many times that of `@unroll/backend-wasm` on one ' +
        'thread in the same process, turn by turn. Timed after all tests, one place after the other. These GPUs share the processor with what they are ' +
        'compared with: what a real one takes this does not say. Beside other libraries: [benchmarks on the GPU](../benchmarks-gpu.md).',
    ),
    speedTable(ran),
    '## Ops',
    prose(
      'The worst error of each op, relative to the magnitude of the result (of sums, to that of their terms), over all cases of the conformance ' +
        'suite. Where results are allowed an absolute error too (`log`, `tanh`, whole ops, products that cancel), the largest relative ones stand ' +
        'at results near 0. `exact` is no error at all; – is an op without a kernel of its own, which runs on others.',
    ),
    opsTable(ran),
    skipsList(ran),
  ]);
}

function outcomeRow({ place, findings, seconds }: Outcome): Row {
  const time = seconds.toFixed(0);
  if (typeof findings === 'string') return [place.title, `not run: ${findings}`, '', '', '', time];
  const { device, missing, passed, failed, skipped } = findings;
  return [
    place.title,
    missing ? `missing: ${missing}` : device!,
    String(passed),
    String(failed),
    String(skipped),
    time,
  ];
}

function networksTable(ran: readonly Ran[]): string {
  const figures = ran.map(({ findings }) => findings.figures['networks'] as Record<string, NetworkErrors> | undefined);
  const names = Object.keys(figures.find(Boolean) ?? {});
  const cell = (errors: NetworkErrors | undefined): string =>
    errors ? `${errors.values.toExponential(1)}, ${errors.gradients.toExponential(1)}` : '–';
  return table(
    ['values, gradients', ...ran.map(({ place }) => place.title)],
    names.map((name) => [name, ...figures.map((each) => cell(each?.[name]))]),
  );
}

function speedTable(ran: readonly Ran[]): string {
  const figures = ran.map(({ findings }) => findings.figures['speed'] as Record<string, Speed> | undefined);
  const names = Object.keys(figures.find(Boolean) ?? {});
  const cell = (each: Speed | undefined): string =>
    each ? `${Number(each.ms.toPrecision(3))} (${Number(each.wasm.toPrecision(2))})` : '–';
  return table(
    ['ms (× backend-wasm)', ...ran.map(({ place }) => place.title)],
    names.map((name) => [name, ...figures.map((each) => cell(each?.[name]))]),
  );
}

interface Speed {
  readonly ms: number;
  readonly wasm: number;
}

interface NetworkErrors {
  readonly values: number;
  readonly gradients: number;
}

function trainingTable(ran: readonly Ran[]): string {
  const rows: readonly [string, (figures: Findings['figures']) => string][] = [
    ['steps of a character model', ({ curve }) => text(curve, 'steps')],
    ['loss of the first step, of the last', ({ curve }) => `${text(curve, 'first')}, ${text(curve, 'last')}`],
    ["farthest from the CPU's loss (allowed: 1e-3)", ({ curve }) => text(curve, 'farthest')],
    ['uploads per step', ({ transfers }) => text(transfers, 'uploads')],
    ['reads per step', ({ transfers }) => text(transfers, 'downloads')],
    ['uploads per step of a regression', ({ regression }) => text(regression, 'uploads')],
    ['reads per step of a regression', ({ regression }) => text(regression, 'downloads')],
    ['kernels run per step', ({ transfers }) => text(transfers, 'dispatches')],
    ['steps of the watch on memory', ({ memory }) => text(memory, 'steps')],
    ['textures alive after the first of its steps, most, at its end', ({ memory }) => text(memory, 'textures')],
  ];
  return table(
    ['', ...ran.map(({ place }) => place.title)],
    rows.map(([name, value]) => [name, ...ran.map(({ findings }) => value(findings.figures))]),
  );
}

function text(figures: unknown, name: string): string {
  const value: unknown = typeof figures === 'object' && figures !== null ? Reflect.get(figures, name) : undefined;
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return '–';
  return Number.isInteger(value) ? String(value) : value < 0.01 ? value.toExponential(1) : value.toFixed(4);
}

function opsTable(ran: readonly Ran[]): string {
  const byPlace = ran.map(({ findings }) => {
    const rows = (findings.figures['ops'] ?? []) as readonly OpFigures[];
    return new Map(rows.map((row) => [`${row.op} ${row.dtype}`, row]));
  });
  const ops = [...new Set(byPlace.flatMap((rows) => [...rows.keys()]))];
  const cell = (row: OpFigures | undefined): string => {
    if (!row) return '–';
    if (row.failed > 0) return `**${row.failed} of ${row.cases} fail**`;
    return row.worst === 0 ? 'exact' : row.worst.toExponential(1);
  };
  const cases = (op: string): string => String(byPlace.find((rows) => rows.has(op))!.get(op)!.cases);
  return table(
    ['op', 'cases', ...ran.map(({ place }) => place.title)],
    ops.map((op) => [op, cases(op), ...byPlace.map((rows) => cell(rows.get(op)))]),
    ['cases'],
  );
}

function skipsList(ran: readonly Ran[]): string {
  const reasons = new Map<string, string[]>();
  for (const { place, findings } of ran) {
    for (const { name, reason } of (findings.figures['skips'] ?? []) as readonly { name: string; reason: string }[]) {
      const key = `${name}: ${reason}`;
      reasons.set(key, [...(reasons.get(key) ?? []), place.title]);
    }
  }
  const where = (titles: readonly string[]): string =>
    titles.length === ran.length ? 'everywhere' : titles.join('; ');
  if (reasons.size === 0) return 'Nothing was skipped.';
  return ['Skipped:', '', ...[...reasons].map(([what, titles]) => `- ${what} (${where(titles)})`)].join('\n');
}
