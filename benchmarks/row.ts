import { EXPECTED, TOKENS, TOLERANCE, type WorkloadName } from './contestants/workloads.ts';
import type { Times } from './contestants/contestant.ts';
import { agrees, median, pairedRatio, quantile } from './statistics.ts';

/** What was seen of an implementation at a workload. */
export interface Samples {
  readonly impl: string;
  readonly threads: number;
  about: string;
  check: readonly number[];
  /** By round; a slow contestant leaves some out. */
  readonly rounds: (Times | undefined)[];
  /** Units of work in one round. */
  steps: number;
  error?: string;
}

/** A line of the tables, and of `--json`. Times are milliseconds for one unit of work, medians over the rounds. */
export interface Row {
  readonly workload: WorkloadName;
  readonly impl: string;
  readonly threads: number;
  readonly about: string;
  readonly wall?: number;
  readonly cpu?: number;
  /** Quartiles of what the ratio is made of: processor time, or wall time of two threads. */
  readonly quartiles?: readonly [number, number];
  readonly tokensPerSecond?: number;
  /** Times as long as the reference, by processor time; two threads by wall time, against one thread of the reference. */
  readonly ratio?: number;
  readonly reference?: string;
  readonly rounds: number;
  readonly steps: number;
  readonly check: readonly number[];
  /** Whether the check shows the same work; undefined where an implementation can't start from the given weights. */
  readonly sameWork?: boolean;
  readonly error?: string;
}

/** Whom others are compared with: the first of these that took part. */
const REFERENCES = ['yardstick', 'unroll-wasm-1', 'unroll-cpu'];

/** The lines of a workload. */
export function toRows(workload: WorkloadName, all: readonly Samples[]): readonly Row[] {
  const reference = REFERENCES.map((name) =>
    all.find(({ impl, rounds }) => impl === name && rounds.some(Boolean)),
  ).find(Boolean);
  return all.map((samples) => toRow(workload, samples, reference));
}

function toRow(workload: WorkloadName, samples: Samples, reference: Samples | undefined): Row {
  const { impl, threads, about, check, rounds, steps, error } = samples;
  const taken = rounds.filter((times) => times !== undefined);
  const sameWork = agrees(check, EXPECTED[workload], TOLERANCE[workload]);
  const row = {
    workload,
    impl,
    threads,
    about,
    rounds: taken.length,
    steps,
    check: check.map((figure) => Number(figure.toFixed(5))),
    ...(sameWork === undefined ? {} : { sameWork }),
    ...(error === undefined ? {} : { error }),
  };
  if (taken.length === 0) return row;
  const clock = threads > 1 ? 'wall' : 'cpu';
  const wall = median(taken.map((times) => times.wall));
  const compared = taken.map((times) => times[clock]);
  const ratio =
    reference &&
    pairedRatio(
      rounds.map((times) => times?.[clock]),
      reference.rounds.map((times) => times?.[clock]),
    );
  return {
    ...row,
    wall: rounded(wall),
    cpu: rounded(median(taken.map((times) => times.cpu))),
    quartiles: [rounded(quantile(compared, 0.25)), rounded(quantile(compared, 0.75))],
    tokensPerSecond: Math.round((TOKENS[workload] * 1000) / wall),
    ...(ratio === undefined ? {} : { ratio: rounded(ratio), reference: reference!.impl }),
  };
}

/** To microseconds, or thousandths. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
