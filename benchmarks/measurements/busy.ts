// What a second thread brings to W1 where other programs have the processors as well.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as rest } from 'node:timers/promises';
import { wasm } from '@unroll/backend-wasm';
import { scope, withBackend } from '@unroll/tensor';
import { charModelSteps } from '../contestants/unroll-char-model.ts';
import { TRAINING } from '../contestants/workloads.ts';
import { figure } from '../markdown.ts';
import { mean } from '../statistics.ts';
import { report } from './measurement.ts';

const TURNS = 8;
/** Milliseconds of a turn by threads: with two, time is also for the tries that a backend makes. */
const TURN = { 1: 1000, 2: 2000 } as const;
/** An engine that compiles beside the work is a program of its own. */
const WARM_UP_MS = 3000;
/** A busy program goes on for so long, should nobody end it. */
const BUSY_MS = 60_000;
const SILENT = 'says nothing';

/** Milliseconds of a step, taken down for so long. */
type Train = (milliseconds: number) => number;

async function beside(programs: number): Promise<readonly string[]> {
  const said: string[] = [];
  const backends = await Promise.all(
    [1, 2].map((threads) => wasm({ threads, relaxedSimd: false, onFallback: (each) => void said.push(each) })),
  );
  const [one, two] = backends.map((backend): Train => {
    const { train } = withBackend(backend, () => charModelSteps(TRAINING.W1));
    return (milliseconds) => {
      const start = performance.now();
      let steps = 0;
      for (; performance.now() - start < milliseconds; steps++) withBackend(backend, () => scope(() => void train()));
      return (performance.now() - start) / steps;
    };
  }) as [Train, Train];
  for (const train of [one, two]) train(WARM_UP_MS);
  said.length = 0;
  const busy = Array.from({ length: programs }, () =>
    spawn(process.execPath, ['-e', `for (const start = Date.now(); Date.now() - start < ${BUSY_MS}; );`]),
  );
  try {
    await rest(500);
    const turns = Array.from({ length: TURNS }, () => [one(TURN[1]), two(TURN[2])] as const);
    const [ofOne, ofTwo] = [mean(turns.map(([each]) => each)), mean(turns.map(([, each]) => each))];
    return [
      String(programs),
      figure(ofOne),
      figure(ofTwo),
      figure(ofOne / ofTwo),
      said[0]?.replace('unroll: ', '') ?? SILENT,
    ];
  } finally {
    for (const each of busy) each.kill('SIGKILL');
    for (const backend of backends) backend.dispose();
  }
}

const processors = availableParallelism();
const rows: (readonly string[])[] = [];
for (const programs of new Set([0, 1, processors])) rows.push(await beside(programs));

report({
  heading: 'Two threads beside busy programs',
  text:
    `A training step of W1 by the clock, one thread and two in turn, on ${processors} processors of which other programs keep some busy. A backend whose workers ` +
    `do not help leaves them alone, and tries them again from time to time. Means of ${TURNS} turns of ${TURN[1] / 1000} and ${TURN[2] / 1000} s from when ` +
    'the programs have started: the time until it is noticed counts, and so do the tries, which become seldom later on.',
  header: ['busy programs', 'ms, one thread', 'ms, two threads', 'speedup', 'the backend'],
  rows,
});
