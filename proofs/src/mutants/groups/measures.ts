import type { MutationGroup } from '../mutation.ts';

const bleu = 'packages/metrics/src/bleu/bleu.ts';
const bleuStatistics = 'packages/metrics/src/bleu/statistics.ts';
const conlleval = 'packages/metrics/src/spans/conlleval.ts';
const packed = 'packages/data/src/pack/packed-sequence.ts';
const decode = 'packages/data/src/text/decode.ts';

/** Mistakes in metrics, which would make every model look better or worse, and in readers, which nobody would see. */
export const measures: readonly MutationGroup[] = [
  {
    tests: ['packages/metrics/'],
    mutations: [
      {
        mistake: 'BLEU: words count as often as the hypothesis repeats them',
        file: 'packages/metrics/src/ngrams.ts',
        edits: [['Math.min(count, b.get(ngram) ?? 0)', '(b.has(ngram) ? count : 0)']],
      },
      {
        mistake: 'BLEU: brevity penalty the wrong way round',
        file: bleu,
        edits: [['Math.exp(1 - r / h)', 'Math.exp(1 - h / r)']],
      },
      {
        mistake: 'BLEU: of two references as near, the longer one',
        file: bleuStatistics,
        edits: [['candidate < best', 'candidate > best']],
      },
      {
        mistake: 'BLEU: smoothing does not grow from order to order',
        file: 'packages/metrics/src/bleu/smoothing.ts',
        edits: [['1 / (2 ** misses * total)', '1 / (2 * total)']],
      },
      {
        mistake: 'span F1: an I- of another type goes on',
        file: conlleval,
        edits: [[' || now.type !== before.type', '']],
      },
      {
        mistake: 'span F1: the type of a span does not matter',
        file: 'packages/metrics/src/spans/span-f1.ts',
        edits: [['`${start} ${end} ${type}`', '`${start} ${end}`']],
      },
      {
        mistake: 'chrF: recall counts as precision does',
        file: 'packages/metrics/src/chrf/counts.ts',
        edits: [['const factor = beta ** 2;', 'const factor = 1;']],
      },
    ],
  },
  {
    tests: ['packages/data/'],
    mutations: [
      {
        mistake: 'packing: left padding is packed as if it were right',
        file: packed,
        edits: [["i * time + (side === 'left' ? time - lengths[i]! : 0) + step", 'i * time + step']],
      },
      {
        mistake: 'reading: a character cut between two pieces is two bad ones',
        file: decode,
        edits: [['const end = endOfLastCharacter(bytes);', 'const end = bytes.length;']],
      },
      {
        mistake: 'CSV: lines inside of quoted fields do not count',
        file: 'packages/data/src/readers/csv.ts',
        edits: [["const isQuoted = text.includes('\"');", 'const isQuoted = false;']],
      },
      {
        mistake: 'time series: the scaler sees the future',
        file: 'packages/data/src/series/windows.ts',
        edits: [['fit(series.slice(0, cut))', 'fit(series)']],
      },
      {
        mistake: 'tags: a BIOES span may end without its E-',
        file: 'packages/data/src/tags/scheme.ts',
        edits: [['isOpen === goesOn &&', '(isOpen || !goesOn) &&']],
      },
      {
        mistake: 'batches by tokens: padding does not count',
        file: 'packages/data/src/token-batches.ts',
        edits: [['(batch.length + 1) * each.length > tokens', 'batch.length * each.length > tokens']],
      },
    ],
  },
];
