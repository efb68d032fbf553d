import { collect } from '@unroll/data';
import { fileSource } from '@unroll/data/node';
import { wasm } from '@unroll/backend-wasm';
import { type TaggedSentence, readUpos } from '@unroll/tagger';
import { getBackend, setBackend } from '@unroll/tensor';
import { machine } from '../shared/machine.ts';
import { table, today } from '../shared/results.ts';
import { integerOf, namesOf } from '../shared/arguments.ts';
import type { Outcome, ReferenceKind } from './kind.ts';
import { runBaseline } from './pytorch.ts';
import { SETTINGS_RUNS, type SettingsResult, aboutSettings, runSettings, settingsFailures } from './tagger-settings.ts';
import { type TaggerMeasurement, trainTagger } from './tagger-train.ts';

interface TaggerReference {
  readonly describe: string;
  /** LSTM units that read a word's characters, each way. */
  readonly characters: number;
  /** PyTorch's accuracy after each epoch; the last is judged. */
  readonly accuracies: readonly number[];
}

const REFERENCES: Readonly<Record<string, TaggerReference>> = {
  words: { describe: 'words', characters: 0, accuracies: [0.8252, 0.8658, 0.8874, 0.8984] },
  characters: { describe: 'words, characters', characters: 25, accuracies: [0.8776, 0.9153, 0.9277] },
};

/** Allowed after the last epoch. Two seeds of PyTorch differ by 0.002. */
const BAND = 0.006;

/** Those of the settings are compared with nothing. */
const RUNS: readonly string[] = [...Object.keys(REFERENCES), ...Object.keys(SETTINGS_RUNS)];

/** Parts of speech of UD English EWT. */
export const tagger: ReferenceKind = {
  name: 'tagger',
  files: ['ud/en_ewt-ud-train.conllu.gz', 'ud/en_ewt-ud-dev.conllu.gz'],
  runs: RUNS,
  options: { run: RUNS.join(', '), seed: 'another than 1' },
  async run([trainFile, devFile], given): Promise<Outcome> {
    const names = namesOf(given, 'run', RUNS);
    const seed = integerOf(given, 'seed', 1);
    const files = { trainFile: trainFile!, devFile: devFile! };
    setBackend(await wasm({ threads: 1 }));
    const sentences = await collect(readUpos(fileSource(files.trainFile)));
    const validation = await collect(readUpos(fileSource(files.devFile)));
    const rows: string[][] = [];
    const failures: string[] = [];
    const settings: SettingsResult[] = [];
    for (const name of names) {
      const reference = REFERENCES[name];
      if (!reference) {
        settings.push(await runSettings(name, { ...files, seed }));
        continue;
      }
      const found = await measure(reference, { sentences, validation, seed });
      const torch = await torchSeconds(reference);
      for (const measurement of found) rows.push(rowOf(reference, measurement, torch[measurement.epoch - 1]));
      const [{ accuracy }, expected] = [found.at(-1)!, reference.accuracies.at(-1)!];
      // NaN is not within any band.
      if (!(Math.abs(accuracy - expected) <= BAND))
        failures.push(`${name}: ${shown(accuracy)} is not ${expected} ± ${BAND}.`);
    }
    failures.push(...settingsFailures(settings));
    const numbers = ['Parameters', 'Epoch', 'Accuracy', 'PyTorch', 'Difference', 'Allowed', 'CPU s', 'PyTorch’s CPU s'];
    const results = [
      ...(rows.length > 0 ? [table(['Model', ...numbers], rows, numbers)] : []),
      ...aboutSettings(settings),
    ];
    console.log(`\n${results.join('\n\n')}\n`);
    return { part: Object.keys(given).length > 0 ? undefined : [...about(), ...results], failures };
  },
};

async function measure(
  { describe, characters, accuracies }: TaggerReference,
  data: {
    readonly sentences: readonly TaggedSentence[];
    readonly validation: readonly TaggedSentence[];
    readonly seed: number;
  },
): Promise<readonly TaggerMeasurement[]> {
  const found: TaggerMeasurement[] = [];
  for await (const measurement of trainTagger({ ...data, characters, epochs: accuracies.length })) {
    found.push(measurement);
    const { epoch, accuracy, cpuSeconds } = measurement;
    console.log(`${describe}, epoch ${epoch}: ${shown(accuracy)} (${cpuSeconds.toFixed(0)} s of CPU)`);
  }
  return found;
}

/** PyTorch's processor time after each epoch, measured now; empty where there is no PyTorch. */
async function torchSeconds({ characters, accuracies }: TaggerReference): Promise<readonly number[]> {
  const result = await runBaseline('tagger.py', ['--char', String(characters), '--epochs', String(accuracies.length)]);
  const { log } = (result ?? { log: [] }) as { readonly log: readonly { readonly train_cpu_seconds: number }[] };
  return log.map(({ train_cpu_seconds: seconds }) => seconds);
}

function rowOf(
  { describe, accuracies }: TaggerReference,
  { epoch, accuracy, cpuSeconds, parameters }: TaggerMeasurement,
  torch: number | undefined,
): string[] {
  const expected = accuracies[epoch - 1]!;
  const difference = accuracy - expected;
  return [
    describe,
    String(parameters),
    String(epoch),
    shown(accuracy),
    expected.toFixed(4),
    `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(4)}`,
    epoch === accuracies.length ? `±${BAND}` : '',
    cpuSeconds.toFixed(0),
    torch?.toFixed(0) ?? '',
  ];
}

function shown(share: number): string {
  return share.toFixed(4);
}

function about(): readonly string[] {
  return [
    '## Parts of speech',
    'UD English EWT (12,544 sentences to learn, 2,001 of 25,147 words to check by): words in lower case that occur twice, embeddings of 100, a ' +
      'bidirectional LSTM of 128 units each way, dropout 0.33 before and after it, Adam 2e-3, batches of 32 sorted by length inside windows of 50, ' +
      'gradient norm clipped at 5; in the second model each word is spelled too, by a bidirectional LSTM of 25 units each way over embeddings of 25. The ' +
      'share of words with the right tag; the most frequent tag of each word gives 0.8683. Each side is seed 1 with random numbers of its own; two ' +
      'seeds of PyTorch differ by 0.002. `tagger train` with the same settings gives the same models.',
    `${today()}, ${machine()}, backend ${getBackend().name}, one thread. Again: \`pnpm train:reference --only tagger\` (needs the sentences; \`UNROLL_DATA\`).`,
  ];
}
