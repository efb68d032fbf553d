// Does memory stay flat? Trains a small LSTM for 10 000 steps, with validation, samples and checkpoints, without a single dispose, and
// watches what is held: pnpm soak [--steps 10000]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '@unroll/backend-cpu';
import { languageModelStreams } from '@unroll/data';
import { Adam } from '@unroll/optim';
import { Rng, parametersOf, setBackend } from '@unroll/tensor';
import { fit, memoryStore, streamSource } from '@unroll/training';
import { CharLm } from './shared/char-lm.ts';
import { root } from './shared/checkout.ts';
import { machine } from './shared/machine.ts';
import { table, today, writeResults } from './shared/results.ts';
import { TOY_SYMBOLS, toyText } from './shared/toy-text.ts';
import { type Curve, drawCurves } from './soak/draw-curves.ts';
import { collectGarbage } from './soak/garbage.ts';

/** Bytes, except `buffers`. */
interface Sample {
  readonly step: number;
  readonly heap: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly live: number;
  readonly pooled: number;
  readonly buffers: number;
}

const QUANTITIES = ['heap', 'external', 'arrayBuffers', 'live', 'pooled', 'buffers'] as const;
const SAMPLES = 100;
/** Compiled code and caches settle in this share of the run. */
const WARM_UP = 0.1;
/**
 * How much higher the second half may go than the first. The numbers of equations that are kept make buffers and live bytes swing; one
 * buffer lost per step, or one state per validation, would go far beyond.
 */
const TOLERANCE = { heap: 1.05, external: 1.05, arrayBuffers: 1.05, live: 1.1, pooled: 1.05, buffers: 1.25 };

const { values } = parseArgs({ options: { steps: { type: 'string', default: '10000' } } });
const steps = Number(values.steps);
const backend = cpu();
setBackend(backend);
const samples: Sample[] = [];
const started = performance.now();
await trainAndWatch();
await report();

async function trainAndWatch(): Promise<void> {
  const rng = new Rng(1);
  const model = new CharLm({ cell: 'lstm', symbols: TOY_SYMBOLS, embedding: 8, hidden: 24, rng });
  const text = toyText(6000);
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 2e-3 }),
    source: streamSource(languageModelStreams(text.subarray(0, 5000), { batch: 8, time: 16 })),
    loss: model.loss,
    steps,
    clipNorm: 1,
    validation: { every: 100, run: () => model.evaluate(text.subarray(5000), 4, 16) },
    sample: { every: 500, run: () => `${model.evaluate(text.subarray(0, 200), 1, 10)}` },
    checkpoints: { every: 250, store: memoryStore() },
    rng,
  });
  for await (const event of run) {
    if (event.type !== 'step' || event.step % Math.ceil(steps / SAMPLES) !== 0) continue;
    collectGarbage();
    const { heapUsed: heap, external, arrayBuffers } = process.memoryUsage();
    const { liveBytes: live, pooledBytes: pooled, buffers } = backend.memory();
    samples.push({ step: event.step, heap, external, arrayBuffers, live, pooled, buffers });
    if (samples.length % 10 === 0) {
      console.log(`step ${event.step}: heap ${mebibytes(heap)} MiB, backend ${kibibytes(live)} KiB`);
    }
  }
}

async function report(): Promise<void> {
  const settled = samples.filter(({ step }) => step > steps * WARM_UP);
  const middle = settled[Math.floor(settled.length / 2)]!.step;
  const highest = (of: (typeof QUANTITIES)[number], half: readonly Sample[]): number =>
    Math.max(...half.map((sample) => sample[of]));
  const first = settled.filter(({ step }) => step <= middle);
  const second = settled.filter(({ step }) => step > middle);
  const rising = QUANTITIES.filter((of) => !(highest(of, second) <= highest(of, first) * TOLERANCE[of]));
  const every = Math.ceil(samples.length / 10);
  const shown = samples.filter((_, i) => (i + 1) % every === 0 || i === 0);
  const rows = shown.map((sample) => [
    sample.step.toLocaleString('en'),
    ...(['heap', 'external', 'arrayBuffers'] as const).map((of) => mebibytes(sample[of])),
    ...(['live', 'pooled'] as const).map((of) => kibibytes(sample[of])),
    String(sample.buffers),
  ]);
  const header = ['Step', 'Heap MiB', 'External MiB', 'Array buffers MiB', 'Live KiB', 'Pooled KiB', 'Buffers'];
  const results = table(header, rows, header);
  console.log(`\n${results}`);
  if (rising.length > 0) {
    console.error(
      `\nNot flat: ${rising.join(', ')} ${rising.length === 1 ? 'is' : 'are'} higher in the second half than in the first.`,
    );
    process.exitCode = 1;
    return;
  }
  if (steps < 10_000) return;
  const curve = (name: string, of: (typeof QUANTITIES)[number]): Curve => ({
    name,
    points: samples.map((sample) => [sample.step, sample[of] / 2 ** 20]),
  });
  await writeResults('memory', [
    '# Does memory stay flat?',
    `An LSTM (12 symbols, embedding 8, hidden 24, batch 8, 16 steps of truncated backpropagation, Adam, clipping) is trained for ` +
      `${steps.toLocaleString('en')} steps by \`fit\`, with a validation every 100 steps and a checkpoint every 250. Nowhere is anything ` +
      `disposed by hand. A hundred times, after a garbage collection, it is asked what is held.`,
    `${today()}, ${machine()}, backend ${backend.name}; ${((performance.now() - started) / 1000).toFixed(0)} s. Again: \`pnpm soak\`.`,
    '![Memory over the steps](memory.svg)',
    'Heap, external memory and array buffers are what Node reports; live, pooled and buffers (handles) what the backend does.',
    results,
    'Buffers, and live bytes with them, go up and down because numbers that occur in equations (a learning rate, a clipping factor) ' +
      'are kept for later use, up to 1,024 of them. Pooled memory is freed memory that later ops take again. The proof fails if, after ' +
      'the first tenth, the highest value of the second half is above that of the first by more than 5 % (live bytes 10 %, buffers 25 %); ' +
      'a buffer lost in each step would multiply them.',
  ]);
  const svg = drawCurves('Memory while training', 'steps', 'MiB', [
    curve('heap', 'heap'),
    curve('array buffers', 'arrayBuffers'),
    curve('backend: live', 'live'),
    curve('backend: pooled', 'pooled'),
  ]);
  writeFileSync(join(root, 'docs', 'results', 'memory.svg'), svg);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(2);
}

function kibibytes(bytes: number): string {
  return (bytes / 2 ** 10).toFixed(1);
}
