import { collect } from '@unroll/data';
import { fileSource } from '@unroll/data/node';
import { wasm } from '@unroll/backend-wasm';
import { getBackend, setBackend } from '@unroll/tensor';
import { readParallelPairs } from '@unroll/translator';
import { parseArgs } from 'node:util';
import { machine } from '../shared/machine.ts';
import { table, today } from '../shared/results.ts';
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

const part = (name: string): string => `mt/multi30k.${name}.gz`;

/**
 * German to English on Multi30k.
 *
 *   --only translation --epochs 3 --seed 2     fewer epochs, another seed
 *   --only translation --threads 2
 */
export const translation: ReferenceKind = {
  name: 'translation',
  files: ['train.lc.norm.tok.de', 'train.lc.norm.tok.en', 'val.lc.norm.tok.de', 'val.lc.norm.tok.en'].map(part),
  async run([source, target, validationSource, validationTarget], args): Promise<Outcome> {
    const { epochs, seed, threads } = parse(args);
    setBackend(await wasm({ threads }));
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
    const results = tableOf(found, await torchSeconds());
    console.log(`\n${results}\n`);
    return { part: args.length > 0 ? undefined : [...about(), results], failures: failuresOf(found) };
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

export function about(): readonly string[] {
  return [
    '## Translation',
    'Multi30k, German to English (28,998 pairs of at most 40 words, lower-cased and tokenised): a bidirectional GRU of 128 units each way, additive ' +
      'attention, a GRU of 256, the readout tanh(W [h; context; embedding]), embeddings of 128, words that occur twice, dropout 0.3, Adam 1e-3, batches ' +
      'of 64 sorted by length inside windows of 50, gradient norm clipped at 1. Perplexity and BLEU (greedy, on words as they are) are of the 1,014 ' +
      'validation pairs. Each side is seed 1 with random numbers of its own; PyTorch’s fourth and fifth epoch are of seed 2, which was at 10.23 after ' +
      'the third. Three quarters of our time are matrix products outside of the loops, most of them the choice among 5,921 words: ' +
      'WebAssembly has registers of 128 bits for them, PyTorch uses 256.',
    `${today()}, ${machine()}, backend ${getBackend().name}, one thread. Again: \`pnpm train:reference --only translation\` (needs the pairs; \`UNROLL_DATA\`). ` +
      'PyTorch’s time is that of one epoch, measured, times the number of epochs.',
  ];
}

function parse(args: readonly string[]): { readonly epochs: number; readonly seed: number; readonly threads: number } {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { epochs: text, seed: text, threads: text } });
  const { epochs = '5', seed = '1', threads = '1' } = values;
  return { epochs: integer('epochs', epochs), seed: integer('seed', seed), threads: integer('threads', threads) };
}

function integer(name: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  console.error(`--${name} ${text}: an integer from 1 on is needed.`);
  return process.exit(2);
}
