import type { LoopPhase } from '@unroll/backend';
import type { RecurrentCell, State } from '../cell.ts';
import { checkCell } from '../check-cell.ts';
import { type LoopReport, type ScanReportOptions, scanReport } from './scan-report.ts';

const TITLES: Readonly<Record<LoopPhase, string>> = {
  once: 'once:',
  before: 'before the loop, for all steps together:',
  loop: 'each step:',
  after: 'after the loop, for all steps together:',
  totals: 'sums over all steps:',
};

const LINEAR = 'Linear in the state: a long run of a small state is a parallel prefix scan.';
const NO_PREFIX = 'Linear in the state, and yet no parallel prefix scan: ';

/**
 * How `scan` runs a cell, as text for people; `scanReport` has the same as data. Whether `step` is traced and if not, why; which equations
 * stay in the loop, which run once for all steps, before or after it; and what is kept for the derivative. Values have the names that
 * the cell gives them by `probe`.
 * @throws UnrollError INVALID_ARGUMENT for a layer; what the cell's `step` throws
 */
export function explainScan<S extends State>(cell: RecurrentCell<S>, options: ScanReportOptions): string {
  checkCell('explainScan', cell);
  const { reason, linear, prefix, forwards, backwards } = scanReport(cell, options);
  if (!forwards) return `Runs step by step, because ${reason}.`;
  const lines = [
    reason === undefined
      ? 'Traced: step is called once.'
      : `Runs step by step, because ${reason}. Traced, it would be:`,
    ...(linear ? [prefix ? LINEAR : NO_PREFIX + whyNoPrefix(forwards)] : []),
    ...describe('Forwards', forwards),
  ];
  if (backwards) {
    lines.push(`  kept for the walk back: ${forwards.kept.join(', ') || 'nothing'}`);
    lines.push(...describe('Backwards', backwards), '  gradients:');
    for (const gradient of backwards.gradients) lines.push(`    ${gradient}`);
  }
  return lines.join('\n');
}

function describe(title: string, { products, otherOps, equations, ...compilation }: LoopReport): readonly string[] {
  const work = `${count(products, 'matrix product')} and ${count(otherOps, 'other op')}`;
  const lines = [`${title}, per step ${work}${describeCompilation(compilation)}:`];
  for (const phase of Object.keys(TITLES) as LoopPhase[]) {
    const of = equations[phase].map((line) => `    ${line}`);
    if (of.length > 0) lines.push(`  ${TITLES[phase]}`, ...of);
  }
  return lines;
}

function whyNoPrefix({ compiled }: Pick<LoopReport, 'compiled'>): string {
  return compiled
    ? 'its sweeps take each element about three times, the compiled loop once.'
    : 'some of its ops can only run step by step.';
}

function describeCompilation({
  compiled,
  kernels,
  reason,
}: Pick<LoopReport, 'compiled' | 'kernels' | 'reason'>): string {
  if (!compiled) return reason === undefined ? '' : `, not compiled (${reason})`;
  return kernels === undefined ? ', compiled' : `, compiled: at most ${count(kernels, 'kernel')} a step`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
