// What the first call costs (the step is traced, differentiated, planned and compiled), and whether any process stays slow after it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { figure } from '../markdown.ts';
import { median } from '../statistics.ts';
import { report } from './measurement.ts';

const PROCESSES = 20;
const program = fileURLToPath(new URL('first-call-process.ts', import.meta.url));

interface Seen {
  /** Processor milliseconds of the main thread in the first step, and in the second. */
  readonly first: number;
  readonly again: number;
  /** Median processor time of later steps. */
  readonly steady: number;
}

const seen: Seen[] = [];
for (let i = 0; i < PROCESSES; i++) {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, program]);
  seen.push(JSON.parse(stdout) as Seen);
}
const line = (name: string, numbers: readonly number[]): string[] => [
  name,
  figure(median(numbers)),
  figure(Math.min(...numbers)),
  figure(Math.max(...numbers)),
];
const steady = seen.map((each) => each.steady);
report({
  heading: 'The first call',
  text:
    `Loss and gradients of an LSTM (the shape of W1) in ${PROCESSES} fresh processes, milliseconds of processor time. The first step traces, differentiates, plans ` +
    'and compiles the loop, in memory that the system has given out before; the second does the same work without that, on code that the engine has not optimised yet either. Steady are the ' +
    'steps 23 to 60: a process that stays slow would show in the last column.',
  header: ['', 'median', 'least', 'most'],
  rows: [
    line(
      'first step',
      seen.map(({ first }) => first),
    ),
    line(
      'second step',
      seen.map(({ again }) => again),
    ),
    line(
      'first less second',
      seen.map(({ first, again }) => first - again),
    ),
    line('steady step', steady),
  ],
});
