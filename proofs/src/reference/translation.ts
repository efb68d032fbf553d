import { collect } from '@unroll/data';
import { fileSource } from '@unroll/data/node';
import { wasm } from '@unroll/backend-wasm';
import { getBackend, setBackend } from '@unroll/tensor';
import { readParallelPairs } from '@unroll/translator';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../shared/checkout.ts';
import { machine } from '../shared/machine.ts';
import { table, today } from '../shared/results.ts';
import { appCommand, cpuSecondsOf, textIn } from './app-command.ts';
import { integerOf, namesOf } from '../shared/arguments.ts';
import type { Outcome, ReferenceKind } from './kind.ts';
import { runBaseline } from './pytorch.ts';
import { type TranslationMeasurement, trainTranslator } from './translation-train.ts';

/** What PyTorch reached after each epoch: of seed 1, and from the fourth on of seed 2, which was at 10.23 after the third. */
const REFERENCE: readonly { readonly perplexity: number; readonly bleu?: number }[] = [
  { perplexity: 23.1, bleu: 11.8 },
  { perplexity: 13.36, bleu: 18.9 },
  { perplexity: 9.88, bleu: 23.8 },
  { perplexity: 8.67 },
  { perplexity: 7.72 },
];

/** Allowed after the third epoch and the last: of the perplexity as a share, of BLEU in points. Two seeds of PyTorch differ by 3.5 %. */
const BAND = { perplexity: 0.08, bleu: 2 };
const JUDGED: readonly number[] = [3, 5];

/** What the settings that are made to go past the reference must reach, and how their model searches. */
const PAST = 30;
const SETTINGS = 'apps/translator/configs/multi30k.jsonc';
const SEARCH = ['--beam', '5', '--length-penalty', '1', '--bleu-tokenizer', 'none', '--mistakes', '0'];

const RUNS: readonly string[] = ['reference', 'past'];

const part = (name: string): string => `mt/multi30k.${name}.gz`;

/** German to English on Multi30k. */
export const translation: ReferenceKind = {
  name: 'translation',
  files: ['train.lc.norm.tok.de', 'train.lc.norm.tok.en', 'val.lc.norm.tok.de', 'val.lc.norm.tok.en'].map(part),
  runs: RUNS,
  options: {
    run: RUNS.join(', '),
    epochs: `fewer than ${REFERENCE.length}`,
    seed: 'another than 1',
    threads: 'more than 1',
  },
  async run([source, target, validationSource, validationTarget], given): Promise<Outcome> {
    const names = namesOf(given, 'run', RUNS);
    const epochs = integerOf(given, 'epochs', REFERENCE.length);
    const [seed, threads] = [integerOf(given, 'seed', 1), integerOf(given, 'threads', 1)];
    setBackend(await wasm({ threads }));
    const paragraphs: string[] = [];
    const failures: string[] = [];
    if (names.includes('reference')) {
      const train = await collect(readParallelPairs(fileSource(source!), fileSource(target!)));
      const validation = await collect(readParallelPairs(fileSource(validationSource!), fileSource(validationTarget!)));
      const found: TranslationMeasurement[] = [];
      for await (const measurement of trainTranslator({ train, validation, epochs, seed })) {
        found.push(measurement);
        const { epoch, perplexity, bleu, cpuSeconds } = measurement;
        console.log(
          `epoch ${epoch}: perplexity ${perplexity.toFixed(2)}, BLEU ${bleu.toFixed(1)} (${cpuSeconds.toFixed(0)} s of CPU)`,
        );
      }
      paragraphs.push(tableOf(found, await torchSeconds()));
      failures.push(...failuresOf(found));
    }
    if (names.includes('past')) {
      const past = await goPast({ source, target, validationSource, validationTarget });
      paragraphs.push(aboutPast(past));
      if (!(past.bleu > PAST)) failures.push(`translation, past: BLEU ${past.bleu} is not above ${PAST}.`);
    }
    console.log(`\n${paragraphs.join('\n\n')}\n`);
    return { part: Object.keys(given).length > 0 ? undefined : [...about(), ...paragraphs], failures };
  },
};

/** What is outside of its band. */
function failuresOf(found: readonly TranslationMeasurement[]): readonly string[] {
  return found.flatMap(({ epoch, perplexity, bleu }) => {
    const expected = REFERENCE[epoch - 1];
    if (!expected || !JUDGED.includes(epoch)) return [];
    // NaN is not within any band.
    const isNear = Math.abs(perplexity / expected.perplexity - 1) <= BAND.perplexity;
    const isAsGood = expected.bleu === undefined || Math.abs(bleu - expected.bleu) <= BAND.bleu;
    const what = `translation, epoch ${epoch}: perplexity ${perplexity.toFixed(2)}, BLEU ${bleu.toFixed(1)}`;
    return isNear && isAsGood ? [] : [`${what} are not ${expected.perplexity} ± 8 % and ${expected.bleu ?? ''} ± 2.`];
  });
}

/** PyTorch's processor time of an epoch, measured now; undefined where there is no PyTorch. */
async function torchSeconds(): Promise<number | undefined> {
  const result = await runBaseline('nmt.py', ['--epochs', '1']);
  const { log } = (result ?? { log: [] }) as { readonly log: readonly { readonly train_cpu_seconds: number }[] };
  return log[0]?.train_cpu_seconds;
}

export function tableOf(found: readonly TranslationMeasurement[], torchSecondsPerEpoch: number | undefined): string {
  const rows = found.map(({ epoch, perplexity, bleu, cpuSeconds, parameters }) => {
    const expected = REFERENCE[epoch - 1];
    const isJudged = JUDGED.includes(epoch);
    return [
      String(parameters),
      String(epoch),
      perplexity.toFixed(2),
      expected?.perplexity.toFixed(2) ?? '',
      isJudged ? '±8 %' : '',
      bleu.toFixed(1),
      expected?.bleu?.toFixed(1) ?? '',
      isJudged && expected?.bleu !== undefined ? '±2' : '',
      cpuSeconds.toFixed(0),
      torchSecondsPerEpoch === undefined ? '' : (torchSecondsPerEpoch * epoch).toFixed(0),
    ];
  });
  const [allowed, cpu] = ['Allowed', 'CPU s'];
  const header = [
    'Parameters',
    'Epoch',
    'Perplexity',
    'PyTorch',
    allowed,
    'BLEU',
    'PyTorch',
    allowed,
    cpu,
    `PyTorch’s ${cpu}`,
  ];
  return table(header, rows, header);
}

export interface Past {
  readonly bleu: number;
  readonly signature: string;
  readonly perplexity: number;
  readonly steps: string;
  /** Processor time of the whole command, with reading, validations and the report. */
  readonly cpuSeconds: number;
}

/** The command line, as a user gives it: trains with the settings that are part of the app, and evaluates the model file. */
async function goPast(files: {
  readonly source: string | undefined;
  readonly target: string | undefined;
  readonly validationSource: string | undefined;
  readonly validationTarget: string | undefined;
}): Promise<Past> {
  const out = mkdtempSync(join(tmpdir(), 'unroll-translator-'));
  const translator = appCommand('translator');
  const { source, target, validationSource, validationTarget } = files;
  const learned = ['--source', source!, '--target', target!];
  const judged = ['--source', validationSource!, '--target', validationTarget!];
  const checked = ['--validation-source', validationSource!, '--validation-target', validationTarget!];
  try {
    const told = await translator('train', ...learned, ...checked, '--config', join(root, SETTINGS), '--out', out);
    const evaluation = await translator('eval', ...judged, '--model', out, ...SEARCH);
    console.log(`past: ${evaluation.split('\n').slice(0, 5).join('; ')}`);
    return {
      bleu: Number(textIn(/^BLEU +([\d.]+)/m, evaluation)),
      signature: textIn(/^BLEU +[\d.]+ +(\S+)/m, evaluation),
      perplexity: Number(textIn(/^perplexity +([\d.]+)/m, evaluation)),
      steps: textIn(/^Done at step ([\d,]*\d)/m, told),
      cpuSeconds: cpuSecondsOf(told),
    };
  } finally {
    rmSync(out, { recursive: true });
  }
}

export function aboutPast({ bleu, signature, perplexity, steps, cpuSeconds }: Past): string {
  return (
    `Past the reference: \`translator train\` with \`${SETTINGS}\` reaches BLEU **${bleu.toFixed(1)}** (\`${signature}\`; a beam of 5 with the ` +
    `length penalty 1) and perplexity ${perplexity.toFixed(2)} on the same pairs, after ${steps} steps, in ${(cpuSeconds / 60).toFixed(0)} minutes of one ` +
    'processor, reading, validations and report included. The README of the translator tells what helped.'
  );
}

export function about(): readonly string[] {
  return [
    '## Translation',
    'Multi30k, German to English (28,998 pairs of at most 40 words, lower-cased and tokenised): a bidirectional GRU of 128 units each way, additive ' +
      'attention, a GRU of 256, the readout tanh(W [h; context; embedding]), embeddings of 128, words that occur twice, dropout 0.3, Adam 1e-3, batches ' +
      'of 64 sorted by length inside windows of 50, gradient norm clipped at 1. Perplexity and BLEU (greedy, on words as they are) are of the 1,014 ' +
      'validation pairs. Each side is seed 1 with random numbers of its own; PyTorch’s fourth and fifth epoch are of seed 2, which was at 10.23 after ' +
      'the third. Three quarters of our time are matrix products outside of the loops, most of them the choice among 5,921 words: ' +
      'WebAssembly has registers of 128 bits for them, PyTorch uses wider ones.',
    `${today()}, ${machine()}, backend ${getBackend().name}, one thread. Again: \`pnpm train:reference --only translation\` (needs the pairs; \`UNROLL_DATA\`). ` +
      'PyTorch’s time is that of one epoch, measured, times the number of epochs.',
  ];
}
