import {
  ScalerFit,
  TokenCounter,
  Vocabulary,
  collect,
  readConll,
  readConllu,
  readText,
  readTsv,
  readWordVectors,
  streamSlidingWindows,
  streamTokenBatches,
} from '@unroll/data';
import { readCsvNumbers } from '@unroll/data/csv';
import { fileSource } from '@unroll/data/node';
import { Rng } from '@unroll/tensor';

/** One kind of file: what is written again and again, and a reader that counts what it reads. */
export interface Reading {
  readonly title: string;
  /** The beginning of the file. */
  readonly head: string;
  /** The rest is this, many times. `i` counts, so that no two are alike. */
  readonly part: (i: number) => string;
  /** Reads the file; gives the number of parts. */
  readonly read: (path: string) => Promise<number>;
}

const row = (...columns: readonly string[]): string =>
  [...columns, ...Array.from({ length: 10 - columns.length }, () => '_')].join('\t');

/** Each reader with what a program would do next: count words, make batches, cut windows, fit a scaler. */
export const readings: Readonly<Record<string, Reading>> = {
  conllu: {
    title: '`readConllu`, words counted for a vocabulary',
    head: '',
    part: (i) =>
      [
        `# sent_id = ${i}`,
        ...['The', 'cat', `sat${i % 1000}`, 'on', 'it', '.'].map((form, at) => row(`${at + 1}`, form, form, 'X')),
      ].join('\n') + '\n\n',
    read: async (path) => {
      const counter = new TokenCounter();
      let sentences = 0;
      for await (const { tokens } of readConllu(fileSource(path))) {
        counter.add(tokens.map(({ form }) => form));
        sentences++;
      }
      Vocabulary.fromCounts(counter.counts);
      return sentences;
    },
  },
  conll: {
    title: '`readConll` into `streamTokenBatches`',
    head: '',
    part: (i) => `EU\tB-ORG\nrejects\tO\ncall${i}\tO\n\n`,
    read: async (path) => {
      const sentences = readConll(fileSource(path), { columns: ['word', 'tag'] });
      const options = { tokens: 1000, length: () => 3, rng: new Rng(1), window: 1000 };
      let count = 0;
      for await (const batch of streamTokenBatches(sentences, options)) count += batch.length;
      return count;
    },
  },
  tsv: {
    title: '`readTsv`, pairs',
    head: '',
    part: (i) => `I have ${i} cats.\tJ'ai ${i} chats.\tsomebody\n`,
    read: async (path) => {
      let count = 0;
      for await (const pair of readTsv(fileSource(path), { columns: ['english', 'french', null] }))
        count += pair.french === '' ? 0 : 1;
      return count;
    },
  },
  csv: {
    title: '`readCsvNumbers` into `ScalerFit` and `streamSlidingWindows`',
    head: 'time,x,"y, in m"\n',
    part: (i) => `"t${i}",${Math.sin(i)},${i % 7}\n`,
    read: async (path) => {
      const columns = ['x', 'y, in m'];
      const fit = new ScalerFit();
      let rows = 0;
      for await (const values of readCsvNumbers(fileSource(path), { columns })) {
        fit.add(values);
        rows++;
      }
      fit.standard();
      let windows = 0;
      for await (const window of streamSlidingWindows(readCsvNumbers(fileSource(path), { columns }), { input: 24 })) {
        windows += window.targets.length;
      }
      if (windows !== rows - 24) throw new Error(`${windows} windows of ${rows} rows`);
      return rows;
    },
  },
  text: {
    title: '`readText`, one line without an end',
    head: '',
    part: (i) => `${i} is a number; so is ${i + 1}, says the naïve reader. `,
    read: async (path) => {
      let count = 0;
      for await (const piece of readText(fileSource(path))) count += piece.split(';').length - 1;
      return count;
    },
  },
  vectors: {
    title: '`readWordVectors` for a vocabulary of 1,000',
    head: '',
    part: (i) => `word${i}${' 0.123456'.repeat(50)}\n`,
    read: async (path) => {
      const vocabulary = new Vocabulary({ tokens: Array.from({ length: 1000 }, (_, i) => `word${i * 7}`) });
      const { missing } = await readWordVectors(fileSource(path), { vocabulary });
      if (missing.length > 0) throw new Error(`${missing.length} words not found`);
      let lines = 0;
      for await (const _ of readTsv(fileSource(path), { columns: ['line'] })) lines++;
      return lines;
    },
  },
  control: {
    title: 'control: the same text as `conllu`, `collect`ed',
    head: '',
    part: (i) => readings['conllu']!.part(i),
    read: async (path) => (await collect(readConllu(fileSource(path)))).length,
  },
};
