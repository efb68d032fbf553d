import {
  type BackendValues,
  type Command,
  type OptionsFor,
  backendNoEffect,
  backendOptions,
  givenBy,
  integer,
  path,
  quote,
  readOptions,
  runTraining,
  styleFor,
  writeLine,
} from '@unroll/app-kit/cli';
import { writeFileAtomic } from '@unroll/io/node';
import { join } from 'node:path';
import { type Evaluation, evaluate } from '../../evaluate.ts';
import type { TaggedSentence } from '../../sentence.ts';
import { probabilitiesSvg } from '../../pictures.ts';
import { type Prediction, tag } from '../../tag.ts';
import type { TaggerModel } from '../../tagger-model.ts';
import { wordKey } from '../../vocabularies.ts';
import { builtIn } from '../data-file.ts';
import { TRAINER, percent } from '../trainer.ts';

/** Words that belong to several classes. */
const AMBIGUOUS = ['that', 'can', 'saw', 'light', 'fish', 'plant'];
/** What comes after `that` or `light` tells what they are. */
const EXAMPLES = [
  'That light is old .',
  'That is the light lamp .',
  'Light lamps shine often .',
  'Light the lamp and clean it .',
];

interface DemoValues extends BackendValues {
  readonly epochs: number;
  readonly seed: number;
  readonly out: string;
}

const options: OptionsFor<DemoValues> = {
  epochs: integer({ hint: 'n', help: 'times that each model reads the sentences', min: 1, fallback: '6' }),
  seed: integer({ hint: 'n', help: 'another seed, another model', min: Number.MIN_SAFE_INTEGER, fallback: '1' }),
  out: path({ hint: 'folder', help: 'where the models go; what is there is replaced', fallback: 'tagger-demo' }),
  ...backendOptions,
};

export const demoCommand: Command = {
  name: 'demo',
  summary: 'see why sentences are read from both sides',
  description:
    'Trains two small taggers on built-in English, one that reads each sentence from both sides and its twin that reads from the left alone, ' +
    'and compares them on sentences that neither has seen.',
  usage: '[options]',
  groups: { Options: { ...options } },
  examples: ['demo', 'demo --epochs 8'],
  async run(given, terminal) {
    const { epochs, seed, out, backend, threads, vectors } = readOptions(options, given, backendNoEffect);
    const { stdout, program } = terminal;
    const style = styleFor(stdout);
    const settings = {
      epochs: String(epochs),
      seed: String(seed),
      overwrite: 'true',
      backend,
      threads: String(threads),
      vectors,
      'word-embedding': '32',
      'character-embedding': '16',
      characters: '16',
      hidden: '48',
      'learning-rate': '0.01',
    };
    const test = builtIn().test;
    const results: Evaluation[] = [];
    const taggers: TaggerModel[] = [];
    const examples: (readonly Prediction[])[] = [];
    for (const direction of ['both', 'forward'] as const) {
      writeLine(stdout, style.bold(direction === 'both' ? 'From both sides' : 'Its twin, from the left alone'));
      const folder = direction === 'both' ? out : join(out, 'forward');
      const { isInterrupted, model: tagger } = await runTraining(
        TRAINER,
        givenBy({ ...settings, direction, out: folder }, 'run'),
        terminal,
      );
      if (isInterrupted) return 130;
      writeLine(stdout);
      results.push(await evaluate({ ...tagger, sentences: test }));
      taggers.push(tagger);
      examples.push(await tag({ ...tagger, sentences: EXAMPLES.map((example) => example.split(' ')) }));
    }
    const [both, forward] = results as [Evaluation, Evaluation];
    writeLine(stdout, style.bold('Right tags in sentences that neither has seen'));
    const line = (name: string, of: (evaluation: Evaluation) => string): void =>
      writeLine(
        stdout,
        `  ${name.padEnd(16)}  both sides ${of(both).padStart(8)}   left alone ${of(forward).padStart(8)}`,
      );
    line('all words', ({ accuracy }) => percent(accuracy));
    for (const word of AMBIGUOUS) line(word, (evaluation) => percent(accuracyOf(word, evaluation, test)));
    line('unknown words', ({ unknown }) => (unknown ? percent(unknown.accuracy) : '-'));
    writeLine(stdout);
    const [near = [], far = []] = examples.map((predictions) => predictions.map(written));
    for (const [i, first] of near.entries()) {
      const second = far[i]!;
      writeLine(stdout, `  ${first}`);
      if (second !== first) writeLine(stdout, style.dim(`  ${second}   (left alone)`));
    }
    writeLine(stdout);
    const picture = join(out, 'both-sides.svg');
    await writeFileAtomic(picture, new TextEncoder().encode(drawn(examples, taggers[0]!)));
    writeLine(stdout, `How sure each is of its tags: ${picture}`);
    writeLine(stdout);
    writeLine(stdout, style.bold('Try next:'));
    writeLine(stdout, `  ${program} tag "They can light that lamp." --confidence --model ${quote(out)}`);
    writeLine(stdout, `  ${program} eval --confusion confusion.svg --model ${quote(out)}`);
    writeLine(stdout, style.dim(`or with sentences of yours: ${program} train entities.conll --crf`));
    return 0;
  },
};

function written({ words, tags }: Prediction): string {
  return words.map((word, i) => `${word}/${tags[i]}`).join(' ');
}

/** The last example. */
function drawn(examples: readonly (readonly Prediction[])[], { vocabularies }: TaggerModel): string {
  const [both, forward] = examples.map((predictions) => predictions.at(-1)!) as [Prediction, Prediction];
  const panels = { 'read from both sides': both, 'read from the left alone': forward };
  return probabilitiesSvg(panels, vocabularies, 'How probable each tag is');
}

function accuracyOf(word: string, { predictions }: Evaluation, test: readonly TaggedSentence[]): number {
  const right = test.flatMap(({ words, tags }, row) =>
    words.flatMap((each, i) => (wordKey(each) === word ? [tags[i] === predictions[row]!.tags[i]] : [])),
  );
  return right.filter(Boolean).length / right.length;
}
