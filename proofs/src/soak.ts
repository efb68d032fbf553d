// Does memory stay flat? Trains a small LSTM for 10 000 steps on each backend, with validation, samples and checkpoints, without a single
// dispose, and watches what is held: pnpm soak [--steps 10000]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsOf, integerOf } from './shared/arguments.ts';
import { cpu } from '@unroll/backend-cpu';
import { wasm } from '@unroll/backend-wasm';
import { root } from './shared/checkout.ts';
import { machine } from './shared/machine.ts';
import { table, today, writeResults } from './shared/results.ts';
import { type Curve, drawCurves } from './soak/draw-curves.ts';
import { type Quantity, TOLERANCE, risingIn } from './soak/judge.ts';
import { type Sample, type WatchedBackend, trainAndWatch } from './soak/train-and-watch.ts';

interface Soaked {
  readonly title: string;
  /** Of the picture. */
  readonly file: string;
  readonly samples: readonly Sample[];
  readonly seconds: number;
}

const given = await argumentsOf({
  name: 'pnpm soak',
  description: 'Trains a small LSTM on each backend, watches what memory is held, and fails if it rises.',
  options: { steps: 'Steps on each backend; with fewer than 10000 no page is written. Default: 10000.' },
});
const steps = integerOf(given, 'steps', 10_000);

const onWasm = await wasm({ threads: 2 });
const runs = [await soak(`backend-wasm (${onWasm.description})`, 'memory-wasm.svg', onWasm)];
onWasm.dispose();
runs.push(await soak('backend-cpu', 'memory.svg', cpu()));
if (steps >= 10_000 && process.exitCode === undefined) await write(runs);

async function soak(title: string, file: string, backend: WatchedBackend): Promise<Soaked> {
  console.log(`\n${title}`);
  const started = performance.now();
  const samples = await trainAndWatch(backend, steps);
  const seconds = (performance.now() - started) / 1000;
  console.log(`\n${tableOf(samples)}`);
  const rising = risingIn(samples, steps);
  if (rising.length > 0) {
    const are = rising.length === 1 ? 'is' : 'are';
    console.error(`\nNot flat: ${rising.join(', ')} ${are} higher in the second half than in the first.`);
    process.exitCode = 1;
  }
  return { title, file, samples, seconds };
}

async function write(runs: readonly Soaked[]): Promise<void> {
  const percent = (share: number): string => `${((share - 1) * 100).toFixed(0)} %`;
  await writeResults('memory', [
    '# Does memory stay flat?',
    `An LSTM (12 symbols, embedding 8, hidden 24, batch 8, 16 steps of truncated backpropagation, Adam, clipping) is trained for ` +
      `${steps.toLocaleString('en')} steps by \`fit\`, with a validation every 100 steps and a checkpoint every 250. Nowhere is anything ` +
      `disposed by hand. A hundred times, after a garbage collection, it is asked what is held.`,
    `${today()}, ${machine()}. Again: \`pnpm soak\`.`,
    'Heap, external memory and array buffers are what Node reports; live, held and buffers (handles) what the backend does. Held is live ' +
      'memory and freed memory that later ops take again: in WebAssembly the linear memory beside the kernels’ own area, which can grow ' +
      'and never shrink.',
    ...runs.flatMap(({ title, file, samples, seconds }) => [
      `## ${title}`,
      `${steps.toLocaleString('en')} steps in ${seconds.toFixed(0)} s.`,
      `![Memory over the steps](${file})`,
      tableOf(samples),
    ]),
    '## When it fails',
    'Numbers that occur in equations (a learning rate, a clipping factor) are kept for later use, the last 1,024 of them: live bytes and ' +
      'buffers rise until there are so many. The proof fails if, after the first tenth, the highest value of the second half is above ' +
      `that of the first: what Node reports by ${percent(TOLERANCE.heap)}, what the backend counts by ${percent(TOLERANCE.live)}.`,
  ]);
  for (const { title, file, samples } of runs) {
    const curve = (name: string, of: Quantity): Curve => ({
      name,
      points: samples.map((sample) => [sample.step, sample[of] / 2 ** 20] as const),
    });
    const svg = drawCurves(`Memory while training on ${title.split(' ', 1)[0]!}`, 'steps', 'MiB', [
      curve('heap', 'heap'),
      curve('array buffers', 'arrayBuffers'),
      curve('backend: live', 'live'),
      curve('backend: held', 'held'),
    ]);
    writeFileSync(join(root, 'docs', 'results', file), svg);
  }
}

function tableOf(samples: readonly Sample[]): string {
  const every = Math.ceil(samples.length / 10);
  const shown = samples.filter((_, i) => (i + 1) % every === 0 || i === 0);
  const rows = shown.map((sample) => [
    sample.step.toLocaleString('en'),
    ...(['heap', 'external', 'arrayBuffers'] as const).map((of) => (sample[of] / 2 ** 20).toFixed(2)),
    ...(['live', 'held'] as const).map((of) => (sample[of] / 2 ** 10).toFixed(1)),
    String(sample.buffers),
  ]);
  const header = ['Step', 'Heap MiB', 'External MiB', 'Array buffers MiB', 'Live KiB', 'Held KiB', 'Buffers'];
  return table(header, rows, header);
}
