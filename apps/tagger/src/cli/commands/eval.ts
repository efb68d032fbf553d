import {
  type BackendValues,
  type Command,
  type NoEffect,
  type OptionsFor,
  backendNoEffect,
  backendOptions,
  count,
  loadModel,
  path,
  readOptions,
  useBackend,
  writeLine,
  writeOutput,
} from '@unroll/app-kit/cli';
import type { ConfusionMatrix } from '@unroll/metrics';
import { evaluate } from '../../evaluate.ts';
import { TAGGER_FORMAT } from '../../model-file.ts';
import {
  type FormatValues,
  type TagData,
  builtIn,
  checkColumns,
  formatNoEffect,
  formatOptions,
  readTagData,
} from '../data-file.ts';
import { evaluationPage } from '../evaluation-page.ts';
import { confusionSvg } from '../../pictures.ts';
import { percent } from '../trainer.ts';

interface EvalValues extends FormatValues, BackendValues {
  readonly data: string | undefined;
  readonly model: string;
  readonly confusion: string | undefined;
}

const options: OptionsFor<EvalValues> = {
  data: path({ hint: 'file', help: 'sentences with tags; also without --data. Else: built-in English' }),
  model: path({ hint: 'path', help: 'folder of train, or a model file', fallback: 'tagger-model' }),
  confusion: path({
    hint: 'file',
    help: 'where to draw what was taken for what: .svg, or .html with all the numbers',
    endings: ['.svg', '.html'],
  }),
  ...formatOptions,
  ...backendOptions,
};

const noEffect: readonly NoEffect<EvalValues>[] = [
  ...formatNoEffect,
  ...backendNoEffect,
  { options: ['format', 'word-column', 'tag-column'], where: { data: undefined } },
];

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
    const values = readOptions(options, given, noEffect);
    checkColumns([values.data], values);
    const backend = await useBackend(values, (message) => writeLine(stderr, message));
    const tagger = await loadModel(values.model, TAGGER_FORMAT);
    const data = values.data === undefined ? builtInTest() : await readTagData(values.data, values);
    const evaluation = await evaluate({ ...tagger, sentences: data.sentences });
    const { words, accuracy, unknown, spans, confusion } = evaluation;
    // Before anything is said: whoever reads the output may stop.
    if (values.confusion !== undefined) {
      const svg = confusionSvg(confusion, `What was taken for what: ${data.name}`);
      const picture = values.confusion.endsWith('.svg') ? svg : evaluationPage(evaluation, { svg, name: data.name });
      await writeOutput(values.confusion, picture, 'confusion');
    }
    writeLine(stdout, `data            ${data.name}`);
    writeLine(stdout, `words           ${count(words)}`);
    writeLine(stdout, `accuracy        ${percent(accuracy)}`);
    if (unknown) writeLine(stdout, `unknown words   ${count(unknown.words)}, accuracy ${percent(unknown.accuracy)}`);
    if (spans) writeLine(stdout, `span F1         ${percent(spans.f1)}`);
    writeLine(stdout, `backend         ${backend}`);
    writeLine(stdout);
    writeLine(stdout, tagTable(confusion));
    if (spans) writeLine(stdout, `\n${String(spans)}`);
    if (values.confusion !== undefined) writeLine(stdout, `\nThe confusion matrix is in ${values.confusion}.`);
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
