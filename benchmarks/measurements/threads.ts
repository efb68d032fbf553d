// What a second thread brings to W1, by where the two processors are.
import { setTimeout as rest } from 'node:timers/promises';
import { wasm } from '@unroll/backend-wasm';
import { scope, withBackend } from '@unroll/tensor';
import { charModelSteps } from '../contestants/unroll-char-model.ts';
import { TRAINING } from '../contestants/workloads.ts';
import { figure } from '../markdown.ts';
import { mean, median, quantile } from '../statistics.ts';
import { report } from './measurement.ts';
import { RoundTrip } from './round-trip.ts';

const ROUNDS = 100;
const STEPS = 3;
/** As contestants have: an engine that compiles beside the work takes a processor from it. */
const WARM_UP_MS = 4000;
/** A host moves the processors of a virtual machine now and then: the rounds are spread. */
const REST_MS = 300;
/**
 * Nanoseconds there and back, up to which two processors are of a kind. Seen on one chip: 70 to 80 if they are one core, 90 to 130 within
 * a shared cache, 300 to 430 without.
 */
const KINDS: readonly (readonly [kind: string, below: number])[] = [
  ['below 85 ns: one core', 85],
  ['below 200 ns: a shared cache', 200],
  ['above: no shared cache', Number.POSITIVE_INFINITY],
];
/** Only a thread that has no processor answers so late. */
const BUSY = 1000;

/** Of the milliseconds of steps. */
const SUMMARIES: readonly (readonly [name: string, of: (steps: readonly number[]) => number])[] = [
  ['lower quartile', (steps) => quantile(steps, 0.25)],
  ['median', median],
  ['mean', mean],
];

interface Round {
  readonly trip: number;
  /** Milliseconds of each step. */
  readonly one: readonly number[];
  readonly two: readonly number[];
}

const backends = await Promise.all(
  // Where other programs run beside this one it is said, and such a turn shows it.
  [1, 2].map((threads) => wasm({ threads, relaxedSimd: false, onFallback: console.error })),
);
const [one, two] = backends.map((backend) => {
  const { train } = withBackend(backend, () => charModelSteps(TRAINING.W1));
  const step = (): void => withBackend(backend, () => scope(() => void train()));
  return (steps: number): readonly number[] => {
    // Workers that sleep wake up.
    step();
    return Array.from({ length: steps }, () => {
      const start = performance.now();
      step();
      return performance.now() - start;
    });
  };
}) as [(steps: number) => readonly number[], (steps: number) => readonly number[]];
const roundTrip = new RoundTrip();
for (const train of [one, two])
  for (const start = performance.now(); performance.now() - start < WARM_UP_MS;) train(STEPS);
for (let i = 0; i < 5; i++) roundTrip.measure();
const rounds: Round[] = [];
for (let round = 0; round < ROUNDS; round++) {
  await rest(REST_MS);
  const trips = [roundTrip.measure()];
  const ofOne = one(STEPS);
  trips.push(roundTrip.measure());
  const ofTwo = two(STEPS);
  trips.push(roundTrip.measure());
  // They moved in between, or something else had one of them.
  if (new Set(trips.map(kindOf)).size > 1 || Math.max(...trips) > BUSY) continue;
  rounds.push({ trip: mean(trips), one: ofOne, two: ofTwo });
}
await roundTrip.end();
for (const backend of backends) backend.dispose();

report({
  heading: 'Two threads by where the processors are',
  text:
    'A training step of W1 by the clock, with one thread and with two in turn, one process. Before the two, between them and after them a word goes from one ' +
    'processor to the other and back: within a cache that both share it takes a quarter of the time, and a virtual machine has its processors ' +
    `now here and now there, and sometimes both on the two threads of one core. Turns in which they moved, or in which another program had one, are left out: ${rounds.length} of ${ROUNDS} count. ` +
    'What else the host does only adds time, and to two processors more than to one: the lower quartile is closest to a quiet machine. ' +
    'Figures are of all steps of these turns.',
  header: ['a word, there and back', 'turns', 'ns', 'of their steps', 'ms, one thread', 'ms, two threads', 'speedup'],
  rows: KINDS.flatMap(([name]) => {
    const those = rounds.filter(({ trip }) => kindOf(trip) === name);
    if (those.length === 0) return [];
    const [ofOne, ofTwo] = [those.flatMap((turn) => turn.one), those.flatMap((turn) => turn.two)];
    const found = [name, String(those.length), figure(median(those.map(({ trip }) => trip)))];
    return SUMMARIES.map(([summary, of], i) => [
      ...(i === 0 ? found : found.map(() => '')),
      summary,
      ...[of(ofOne), of(ofTwo), of(ofOne) / of(ofTwo)].map(figure),
    ]);
  }),
});

function kindOf(trip: number): string {
  return KINDS.find(([, below]) => trip < below)![0];
}
