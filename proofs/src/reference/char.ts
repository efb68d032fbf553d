import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { wasm } from '@unroll/backend-wasm';
import { setBackend } from '@unroll/tensor';
import { fail, namesOf } from '../shared/arguments.ts';
import { machine } from '../shared/machine.ts';
import { table, today } from '../shared/results.ts';
import { type CharReference, type Configuration, charReferences } from './char-configurations.ts';
import { aboutPast, goPast } from './char-past.ts';
import { type Corpus, type Measurement, readCorpus, train } from './char-train.ts';
import type { Outcome, ReferenceKind } from './kind.ts';
import { runBaseline } from './pytorch.ts';

/** What the settings that are made to go past the reference must reach, in nats per character. */
const PAST = 1.5;

const RUNS: readonly string[] = [...Object.keys(charReferences), 'past'];
/** Another one has no reference, fewer steps apart. */
const SIZES = ['embedding', 'hidden', 'batch', 'time', 'steps'] as const;

/** Character models of tinyshakespeare. */
export const char: ReferenceKind = {
  name: 'char',
  files: ['charlm/tinyshakespeare.txt.gz'],
  runs: RUNS,
  options: {
    run: RUNS.join(', '),
    seed: 'another than 1',
    backend: 'wasm, or cpu, which is plain JavaScript',
    ...Object.fromEntries(SIZES.map((size) => [size, 'another than that of the run'])),
  },
  async run([file], given): Promise<Outcome> {
    const { names, seed, sizes, backend } = parse(given);
    if (backend === 'wasm') setBackend(await wasm({ threads: 1 }));
    const text = gunzipSync(readFileSync(file!)).toString('utf8');
    const corpus = readCorpus(text);
    const rows: string[][] = [];
    const failures: string[] = [];
    for (const name of names.filter((each) => each !== 'past')) {
      const reference = charReferences[name]!;
      const run = { ...reference, ...sizes };
      const isReference = Object.keys(sizes).every((key) => key === 'steps' || sizes[key] === reference[key as never]);
      const found = await measure(run, corpus, seed, isReference ? Object.keys(reference.losses).map(Number) : []);
      const torch = isReference ? await torchSeconds(run) : new Map<number, number>();
      for (const measurement of found) rows.push(row(run, measurement, isReference ? reference : undefined, torch));
      const last = found.at(-1)!;
      const expected = isReference ? reference.losses[last.step] : undefined;
      // NaN is not within any band.
      if (expected === undefined || Math.abs(last.validation - expected) <= reference.band) continue;
      failures.push(`${name}: ${last.validation.toFixed(3)} is not ${expected} ± ${reference.band}.`);
    }
    const numbers = [
      'Parameters',
      'Step',
      'Validation',
      'PyTorch',
      'Difference',
      'Allowed',
      'CPU s',
      'PyTorch’s CPU s',
    ];
    const results = table(['Configuration', 'Cell', ...numbers], rows, numbers);
    console.log(`\n${results}\n`);
    const past = names.includes('past') ? await goPast(text) : undefined;
    if (past && !(past.validation < PAST)) failures.push(`past: ${past.validation} is not below ${PAST}.`);
    const further = past ? [aboutPast(past)] : [];
    return { part: Object.keys(given).length > 0 ? undefined : [...about(backend), results, ...further], failures };
  },
};

async function measure(
  run: CharReference,
  corpus: Corpus,
  seed: number,
  steps: readonly number[],
): Promise<readonly Measurement[]> {
  const found: Measurement[] = [];
  for await (const measurement of train(run.cell, run, corpus, { seed, measureAt: [...steps, run.steps] })) {
    found.push(measurement);
    const { step, validation, cpuSeconds } = measurement;
    console.log(
      `${describe(run)}, ${run.cell}, step ${step}: ${validation.toFixed(3)} (${cpuSeconds.toFixed(0)} s of CPU)`,
    );
  }
  return found;
}

/** PyTorch's processor time by step, measured now; empty where there is no PyTorch. */
async function torchSeconds({
  cell,
  hidden,
  embedding,
  batch,
  time,
  steps,
  losses,
}: CharReference): Promise<ReadonlyMap<number, number>> {
  const sizes = Object.entries({
    cell,
    hidden,
    batch,
    T: time,
    emb: embedding,
    steps,
    evals: Object.keys(losses).join(','),
  });
  const result = await runBaseline(
    'char_lm.py',
    sizes.flatMap(([name, value]) => [`--${name}`, String(value)]),
  );
  const { log } = (result ?? { log: [] }) as { readonly log: readonly { step: number; train_cpu_seconds: number }[] };
  return new Map(log.map(({ step, train_cpu_seconds: seconds }) => [step, seconds]));
}

function row(
  run: CharReference,
  { parameters, step, validation, cpuSeconds }: Measurement,
  reference: CharReference | undefined,
  torch: ReadonlyMap<number, number>,
): string[] {
  const expected = reference?.losses[step];
  const difference = expected === undefined ? undefined : validation - expected;
  return [
    describe(run),
    run.cell.toUpperCase(),
    String(parameters),
    String(step),
    validation.toFixed(3),
    expected?.toFixed(3) ?? '',
    difference === undefined ? '' : `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(3)}`,
    reference && step === reference.steps ? `±${reference.band}` : '',
    cpuSeconds.toFixed(0),
    torch.get(step)?.toFixed(0) ?? '',
  ];
}

function about(backend: string): readonly string[] {
  return [
    '## Characters',
    'tinyshakespeare (1,115,394 characters, 65 symbols; the first nine tenths for training): contiguous streams with the state carried and detached, ' +
      'no exception for the forget gate, Adam 2e-3, gradient norm clipped at 5. The loss is in nats per character over the last tenth, read in ' +
      '10 streams with the state carried. Each side is seed 1 with random numbers of its own; two seeds of PyTorch differ by 0.015.',
    `${today()}, ${machine()}, backend ${backend}, one thread. Again: \`pnpm train:reference --only char\` (needs the text; \`UNROLL_DATA\`).`,
  ];
}

function describe({ embedding, hidden, batch, time }: Configuration): string {
  return `${embedding > 0 ? `embedding ${embedding}` : 'one-hot'}, hidden ${hidden}, batch ${batch}, time ${time}`;
}

interface Asked {
  readonly names: readonly string[];
  readonly seed: number;
  readonly sizes: Readonly<Record<string, number>>;
  readonly backend: 'wasm' | 'cpu';
}

function parse(given: Readonly<Record<string, string>>): Asked {
  const { backend = 'wasm', seed = '1' } = given;
  if (backend !== 'wasm' && backend !== 'cpu') return fail(`--backend ${backend}: there are wasm and cpu.`);
  const sizes = SIZES.flatMap((name) => {
    const text = given[name];
    return text === undefined ? [] : [[name, integer(name, text)] as const];
  });
  return { names: namesOf(given, 'run', RUNS), seed: integer('seed', seed), sizes: Object.fromEntries(sizes), backend };
}

function integer(name: string, text: string): number {
  return /^\d+$/.test(text) ? Number(text) : fail(`--${name} ${text}: an integer is needed.`);
}
