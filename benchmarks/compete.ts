import { ContestantProcess } from './contestant-process.ts';
import type { WorkloadName } from './contestants/workloads.ts';
import type { Implementation } from './implementations.ts';
import type { Samples } from './row.ts';

export interface CompeteOptions {
  readonly rounds: number;
  /** Units of work in a round. Default: by workload. */
  readonly steps?: number | undefined;
  /** Where the yardstick lies. */
  readonly ceiling: string;
  /** The Node that contestants run on. */
  readonly node: string;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

const STEPS: Readonly<Record<WorkloadName, number>> = { W1: 5, W2: 1, W3: 1, W4: 5 };
/** Seconds for a workload: nobody starts, and no round but the first, when it is over. All together are a bound for the whole run. */
const ALLOWANCE: Readonly<Record<WorkloadName, number>> = { W1: 150, W2: 450, W3: 90, W4: 150 };
/** Seconds until a contestant must have shown its check. */
const START_LIMIT: Readonly<Record<WorkloadName, number>> = { W1: 60, W2: 90, W3: 30, W4: 30 };
const ROUND_LIMIT = 60;
/** Seconds of a workload's rounds that one contestant may take: whoever is slower takes part in fewer rounds, with fewer steps. */
const PATIENCE = 15;
/** An engine that compiles beside the work takes a core from it: Node 20 is at it for the first hundreds of steps of W1. */
const WARM_UP_SECONDS = 4;
/** Who took so many seconds to get ready has had time enough to get warm. */
const SLOW_START = 10;

/**
 * A workload: each contestant in its own process, and in each round one after the other, so that a busy moment of the machine does
 * not fall on one alone. Samples are there from the start and grow, so that an interrupted run keeps what it has.
 */
export async function compete(
  workload: WorkloadName,
  implementations: readonly Implementation[],
  samples: Samples[],
  { rounds, steps = STEPS[workload], ceiling, node, signal, progress }: CompeteOptions,
): Promise<void> {
  const started = performance.now();
  const left = (): number => ALLOWANCE[workload] - (performance.now() - started) / 1000;
  const contestants: { readonly process: ContestantProcess; readonly own: Samples; spent: number }[] = [];
  for (const implementation of implementations) {
    if (signal.aborted) break;
    const { name: impl, threads, checksOfW2 } = implementation;
    const own: Samples = { impl, threads, about: '', check: [], rounds: [], steps };
    samples.push(own);
    try {
      const checks = workload === 'W2' ? checksOfW2 : 5;
      if (left() < 0) throw new Error(`not started, as the ${ALLOWANCE[workload]} s for ${workload} are over`);
      const task = { impl, workload, checks, ceiling };
      const begun = performance.now();
      const [process, { about, check }] = await ContestantProcess.start(implementation, task, {
        node,
        limit: START_LIMIT[workload],
      });
      Object.assign(own, { about, check });
      const isSlow = performance.now() - begun > SLOW_START * 1000 && checks === 1;
      own.steps = isSlow ? 1 : await warmUp(process, steps);
      contestants.push({ process, own, spent: 0 });
      progress(`${workload} ${impl}: ready, ${check.map((figure) => Number(figure.toFixed(5))).join(' ')}`);
    } catch (error) {
      if (signal.aborted) break;
      own.error = message(error);
      progress(`${workload} ${impl}: ${own.error}`);
    }
  }
  for (let round = 0; round < rounds && !signal.aborted && (round === 0 || left() > 0); round++) {
    progress(`${workload} round ${round + 1} of ${rounds}`);
    for (const contestant of contestants) {
      const { process, own } = contestant;
      if (signal.aborted || own.error !== undefined || contestant.spent > PATIENCE) continue;
      try {
        const times = await process.run(own.steps, ROUND_LIMIT);
        own.rounds[round] = times;
        contestant.spent += (times.wall * own.steps) / 1000;
      } catch (error) {
        if (!signal.aborted) own.error = message(error);
      }
    }
  }
  for (const { process } of contestants) process.stop();
}

/** Runs until engines have compiled what they want to; how often to run in a round. */
async function warmUp(process: ContestantProcess, steps: number): Promise<number> {
  const start = performance.now();
  let times = await process.run(1, ROUND_LIMIT);
  while (performance.now() - start < WARM_UP_SECONDS * 1000) times = await process.run(steps, ROUND_LIMIT);
  return times.wall > 500 ? 1 : steps;
}

function message(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 300);
}
