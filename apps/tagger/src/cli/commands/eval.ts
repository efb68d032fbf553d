import {
  type BackendValues,
  type Command,
  type OptionsFor,
  backendOptions,
  count,
  loadModel,
  path,
  readOptions,
  useBackend,
  writeLine,
} from '@unroll/app-kit/cli';
import { heatMapsSvg } from '@unroll/inspect';
import { writeFileAtomic } from '@unroll/io/node';
import type { ConfusionMatrix } from '@unroll/metrics';
import { evaluate } from '../../evaluate.ts';
import { TAGGER_FORMAT } from '../../model-file.ts';
import { type FormatValues, type TagData, builtIn, formatOptions, readTagData } from '../data-file.ts';
import { percent } from '../run-training.ts';

interface EvalValues extends FormatValues, BackendValues {
  readonly data: string | undefined;
  readonly model: string;
  readonly confusion: string | undefined;
}

const options: OptionsFor<EvalValues> = {
  data: path({ hint: 'file', help: 'sentences with tags; also without --data. Else: built-in English' }),
  model: path({ hint: 'path', help: 'folder of train, or a model file', fallback: 'tagger-model' }),
  confusion: path({ hint: 'file', help: 'where to draw what was taken for what, as SVG' }),
  ...formatOptions,
  ...backendOptions,
};

export const evalCommand: Command = {
  name: 'eval',
  summary: 'tell how well a model tags',
  description:
    'Tags sentences whose tags are known, and tells how many are right: of all words, of unknown words, by tag, and for entities the ' +
    'precision, recall and F1 of whole spans, as conlleval counts them.',
  usage: '[file] [options]',
  groups: { Options: { ...options } },
  positional: 'data',
  examples: ['eval en_ewt-ud-dev.conllu --confusion confusion.svg', 'eval entities.conll --model entities'],
  async run(given, { stdout, stderr }) {
    const values = readOptions(options, given);
    const backend = await useBackend(values, (message) => writeLine(stderr, message));
    const tagger = await loadModel(values.model, TAGGER_FORMAT);
    const data = values.data === undefined ? builtInTest() : await readTagData(values.data, values);
    const { words, accuracy, unknown, spans, confusion } = await evaluate({ ...tagger, sentences: data.sentences });
    writeLine(stdout, `data            ${data.name}`);
    writeLine(stdout, `words           ${count(words)}`);
    writeLine(stdout, `accuracy        ${percent(accuracy)}`);
    if (unknown) writeLine(stdout, `unknown words   ${count(unknown.words)}, accuracy ${percent(unknown.accuracy)}`);
    if (spans) writeLine(stdout, `span F1         ${percent(spans.f1)}`);
    writeLine(stdout, `backend         ${backend}`);
    writeLine(stdout);
    writeLine(stdout, tagTable(confusion));
    if (spans) writeLine(stdout, `\n${String(spans)}`);
    if (values.confusion !== undefined) {
      await writeFileAtomic(values.confusion, new TextEncoder().encode(confusionSvg(confusion, data.name)));
      writeLine(stdout, `\nThe confusion matrix is in ${values.confusion}.`);
    }
    return 0;
  },
};

function builtInTest(): TagData {
  return { name: 'built-in English, the part for tests', path: undefined, sentences: builtIn().test };
}

function tagTable({ classes }: ConfusionMatrix<string>): string {
  const width = Math.max(3, ...Array.from(classes.keys(), (tag) => tag.length));
  const rows = Array.from(classes, ([tag, { precision, recall, f1, support }]) =>
    [
      tag.padEnd(width),
      ...[precision, recall, f1].map((x) => x.toFixed(4).padStart(9)),
      String(support).padStart(8),
    ].join(' '),
  );
  return [`${'tag'.padEnd(width)} precision    recall        F1    words`, ...rows].join('\n');
}

/** Each row adds up to 1, so that rare tags are seen, too. */
function confusionSvg({ labels, counts }: ConfusionMatrix<string>, name: string): string {
  const shares = counts.flatMap((row) => {
    const total = row.reduce((sum, each) => sum + each, 0);
    return row.map((each) => (total === 0 ? NaN : each / total));
  });
  return heatMapsSvg({
    title: `What was taken for what: ${name}`,
    panels: [
      {
        title: 'share of the words with the tag at the left',
        matrix: { rows: labels.length, columns: labels.length, data: shares },
        rowLabels: labels,
      },
    ],
    columnLabels: labels,
    xTitle: 'tagged as',
  });
}
