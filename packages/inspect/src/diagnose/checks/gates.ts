import type { ProbeSeries } from '../../series.ts';
import { type Finding, show } from '../finding.ts';
import type { Observation } from '../observation.ts';

/** What counts as the end of a sigmoid or a tanh: its slope is a thousandth there. */
const END = 0.001;
/** The share of units, or of values, from which on it is a finding. */
const MANY_UNITS = 0.5;
const MANY_VALUES = 0.8;

/** Gates that never move, nonlinearities at their ends, units that are always 0. */
export function checkGates({ series }: Observation): readonly Finding[] {
  return [...series].flatMap(([name, one]) => {
    const finding = findingOf(name, one);
    return finding ? [finding] : [];
  });
}

function findingOf(name: string, series: ProbeSeries): Finding | undefined {
  const { low, high, units, ends, count, sumsToOne } = survey(series);
  // A softmax may well be sure.
  if (count === 0 || units.length === 0 || sumsToOne) return undefined;
  const share = (test: (unit: Range) => boolean): number => units.filter(test).length / units.length;
  const silent = share((unit) => unit.low === 0 && unit.high === 0);
  if (silent > MANY_UNITS) {
    return {
      code: 'DEAD_UNITS',
      where: name,
      explanation: `${percent(silent)} of the units are exactly 0 at every step of every sequence, so that nothing is learned through them.`,
      remedy: 'Use tanh instead of relu, a smaller learning rate, or an orthogonal start of the recurrent weights.',
    };
  }
  const isGate = low >= 0 && high <= 1;
  if (isGate) {
    const closed = share((unit) => unit.high < END);
    const open = share((unit) => unit.low > 1 - END);
    if (Math.max(closed, open) > MANY_UNITS) {
      return {
        code: 'DEAD_GATE',
        where: name,
        explanation:
          `${percent(Math.max(closed, open))} of the gates are ${closed > open ? 'closed' : 'open'} at every step of every ` +
          'sequence, whatever is read: they decide nothing, and their slope is too small to change that.',
        remedy:
          'Look at the bias of this gate: start it within ±5. After training, a smaller learning rate or clipNorm keeps it there.',
      };
    }
  }
  if (ends / count > MANY_VALUES && low >= -1 && high <= 1) {
    return {
      code: 'SATURATED_GATE',
      where: name,
      explanation:
        `${percent(ends / count)} of the values are within ${END} of an end of the nonlinearity, where its slope is almost 0: ` +
        'gradients do not pass.',
      remedy:
        'The weights or the inputs are too large: scale the inputs to a standard deviation of 1, start the weights at U(±1/√h), and take weight ' +
        'decay, layer normalization or a smaller learning rate.',
    };
  }
  return undefined;
}

interface Range {
  low: number;
  high: number;
}

function survey({ shape, data }: ProbeSeries): {
  readonly low: number;
  readonly high: number;
  readonly units: readonly Range[];
  readonly ends: number;
  readonly count: number;
  readonly sumsToOne: boolean;
} {
  const size = shape.slice(2).reduce((product, length) => product * length, 1);
  const units: Range[] = Array.from({ length: size }, () => ({ low: Infinity, high: -Infinity }));
  let [low, high, ends, count] = [Infinity, -Infinity, 0, 0];
  let sumsToOne = true;
  for (let start = 0; start < data.length; start += size) {
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const x = data[start + i]!;
      if (Number.isNaN(x)) continue;
      const unit = units[i]!;
      [unit.low, unit.high] = [Math.min(unit.low, x), Math.max(unit.high, x)];
      [low, high] = [Math.min(low, x), Math.max(high, x)];
      count++;
      sum += x;
    }
    if (!Number.isNaN(data[start]) && Math.abs(sum - 1) > 1e-4) sumsToOne = false;
  }
  // Of a gate, 0 is an end; of a tanh, it is the middle.
  const isGate = low >= 0;
  for (const x of data) if (x > 1 - END || (isGate ? x < END : x < END - 1)) ends++;
  return { low, high, units, ends, count, sumsToOne };
}

function percent(share: number): string {
  return `${show(100 * share)} %`;
}
