// Does it learn as PyTorch does? Trains character models as the reference runs were trained, and compares the validation losses.
//
//   pnpm train:reference                                          all that docs/results/learning.md shows, and writes it
//   pnpm train:reference --config small --cell gru --seed 2       some of it; nothing is written
//   pnpm train:reference --config small --cell gru --hidden 32    another size, without a reference
//
// Sizes: --embedding (0 is one-hot) --hidden --batch --time --steps. Output as JSON lines: --json.
// The text is not part of the repository: charlm/tinyshakespeare.txt.gz in the folder UNROLL_DATA.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { dataFolder } from '@unroll/fixtures';
import { getBackend } from '@unroll/tensor';
import { type Configuration, configurations } from './reference/configurations.ts';
import { readCorpus, train } from './reference/train.ts';
import type { CellKind } from './shared/char-lm.ts';
import { machine } from './shared/machine.ts';
import { table, today, writeResults } from './shared/results.ts';

const CELLS: readonly CellKind[] = ['lstm', 'gru', 'rnn'];
const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    cell: { type: 'string' },
    seed: { type: 'string' },
    embedding: { type: 'string' },
    hidden: { type: 'string' },
    batch: { type: 'string' },
    time: { type: 'string' },
    steps: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const { json, config, cell, seed = '1', ...given } = values;
const sizes = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, integer(name, text)]));
const isWhole =
  config === undefined && cell === undefined && values.seed === undefined && Object.keys(sizes).length === 0;

const file = join(dataFolder() ?? '', 'charlm', 'tinyshakespeare.txt.gz');
if (existsSync(file)) {
  await main();
} else {
  console.log('SKIPPED: charlm/tinyshakespeare.txt.gz is not there. Set UNROLL_DATA to the folder that holds it.');
}

async function main(): Promise<void> {
  const corpus = readCorpus(gunzipSync(readFileSync(file)).toString('utf8'));
  const rows: string[][] = [];
  let worst = 0;
  for (const { name, kind } of chosenRuns()) {
    const { losses, band, ...configuration } = configurations[name]!;
    const sized = { ...configuration, ...sizes };
    // A run of fewer or more steps has the same beginning.
    const isReference = Object.entries(configuration).every(
      ([key, value]) => key === 'steps' || sized[key as keyof typeof sized] === value,
    );
    const known = isReference ? losses[kind] : {};
    const measureAt = [...Object.keys(known).map(Number), sized.steps];
    for await (const { step, validation, cpuSeconds, parameters } of train(kind, sized, corpus, {
      seed: integer('seed', seed),
      measureAt,
    })) {
      const reference = known[step];
      const difference = reference === undefined ? undefined : validation - reference;
      const isLast = step === configuration.steps;
      if (difference !== undefined && isLast) worst = Math.max(worst, Math.abs(difference) / band);
      if (json)
        console.log(JSON.stringify({ config: name, cell: kind, step, validation, reference, cpuSeconds, parameters }));
      else console.log(`${name} ${kind}, step ${step}: ${validation.toFixed(3)} (${cpuSeconds.toFixed(0)} s of CPU)`);
      rows.push([
        describe(sized),
        kind.toUpperCase(),
        String(parameters),
        String(step),
        validation.toFixed(3),
        reference?.toFixed(3) ?? '',
        difference === undefined ? '' : `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(3)}`,
        difference !== undefined && isLast ? `±${band}` : '',
        cpuSeconds.toFixed(0),
      ]);
    }
  }
  if (!json) await report(rows, worst);
  // NaN is not within any band.
  if (!(worst <= 1)) {
    console.error('A validation loss is outside of its band.');
    process.exitCode = 1;
  }
}

/** Without options: all cells in the small configuration, the LSTM in the large one. */
function* chosenRuns(): Generator<{ readonly name: string; readonly kind: CellKind }> {
  for (const name of config?.split(',') ?? Object.keys(configurations)) {
    if (!Object.hasOwn(configurations, name))
      fail(`--config ${name}: there are ${Object.keys(configurations).join(', ')}.`);
    const kinds = cell?.split(',') ?? (isWhole && name === 'large' ? ['lstm'] : CELLS);
    for (const kind of kinds) {
      if (!CELLS.some((known) => known === kind)) fail(`--cell ${kind}: there are ${CELLS.join(', ')}.`);
      yield { name, kind: kind as CellKind };
    }
  }
}

async function report(rows: readonly (readonly string[])[], worst: number): Promise<void> {
  const numbers = ['Parameters', 'Step', 'Validation', 'PyTorch', 'Difference', 'Allowed', 'CPU s'];
  const results = table(['Configuration', 'Cell', ...numbers], rows, numbers);
  console.log(`\n${results}`);
  if (!isWhole || !(worst <= 1)) return;
  await writeResults('learning', [
    '# Does it learn as PyTorch does?',
    'Character models of tinyshakespeare (1,115,394 characters, 65 symbols; the first nine tenths for training), trained by `fit` as ' +
      'the reference runs were by PyTorch 1.13: contiguous streams with the state carried and detached, PyTorch’s default ' +
      'initialization (so no exception for the forget gate), Adam 2e-3, gradient norm clipped at 5. The loss is in nats per character ' +
      'over the last tenth, read in 10 streams with the state carried. Each side is one seed with random numbers of its own; two seeds ' +
      'of PyTorch differ by 0.015. CPU s is processor time of training alone.',
    `${today()}, ${machine()}, backend ${getBackend().name}. Again: \`pnpm train:reference\` (needs the text; \`UNROLL_DATA\`).`,
    results,
  ]);
}

function describe({ embedding, hidden, batch, time }: Configuration): string {
  return `${embedding > 0 ? `embedding ${embedding}` : 'one-hot'}, hidden ${hidden}, batch ${batch}, time ${time}`;
}

function integer(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  return fail(`--${name} ${text}: an integer is needed.`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
