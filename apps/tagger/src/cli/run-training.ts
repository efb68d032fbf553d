import { learningRateAt } from '@unroll/app-kit';
import {
  type Given,
  type Measure,
  Progress,
  type Terminal,
  concludeRun,
  count,
  followRun,
  limitsOf,
  modelSize,
  outputStore,
  quote,
  reportFor,
  runMetadata,
  writeLine,
} from '@unroll/app-kit/cli';
import type { FitEvent } from '@unroll/training';
import { type TaggerModel } from '../tagger-model.ts';
import { schemeOf } from '../scheme.ts';
import { TAGGER_FORMAT } from '../model-file.ts';
import type { TaggedSentence } from '../sentence.ts';
import { type TrainOptions, train } from '../train.ts';
import { identityOf } from './data-file.ts';
import { type PreparedTraining, prepareTraining } from './prepare-training.ts';

/** What a training run came to. */
export interface TrainingOutcome {
  /** Whether the user stopped it. */
  readonly isInterrupted: boolean;
  readonly tagger: TaggerModel;
  readonly folder: string;
}

/**
 * Trains as the options say, tells about it, and leaves the model in a folder.
 * @throws UsageError if an option or a file is wrong
 */
export async function runTraining(given: Given, terminal: Terminal): Promise<TrainingOutcome> {
  let say = (message: string): void => writeLine(terminal.stdout, message);
  const prepared = await prepareTraining(given, (message) => say(message));
  const { values, tagger, folder, budget, sentences, epoch, data, resume } = prepared;
  const progress = new Progress(budget, wordsOf(sentences) / epoch, measureOf(sentences));
  introduce(prepared, progress, terminal);
  const report = reportFor(terminal, progress, values['validate-every'] ?? epoch);
  say = (message) => report.note(message);
  const isSaved = resume !== undefined;
  const end = await followRun({ terminal, report, folder, isSaved, start: (signal) => trainOn(prepared, signal) });
  const file = data.path === undefined ? [] : [quote(data.path)];
  const again = [terminal.program, 'train', ...file, '--resume', quote(folder)].join(' ');
  if (end) concludeRun(end, terminal, { progress, folder, again });
  return { isInterrupted: end?.reason === 'aborted', tagger, folder };
}

/** A share as people read it: 93.21 %. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** A validation's loss is what is missing to a score of 1. */
function measureOf(sentences: readonly TaggedSentence[]): Measure {
  const score = schemeOf(sentences.flatMap(({ tags }) => tags)) ? 'F1 of spans' : 'accuracy';
  const describe = (loss: number): string => `${score} ${percent(1 - loss)}`;
  return { unit: 'words', describe, brief: (loss) => percent(1 - loss) };
}

async function* trainOn(prepared: PreparedTraining, signal: AbortSignal): AsyncGenerator<FitEvent, void, undefined> {
  const { values, options, data, folder, tagger, sentences, validation, epoch, budget, rng, resume } = prepared;
  const { batch, clip: clipNorm, 'learning-rate': rate, 'validate-every': every = epoch } = values;
  let steps = budget.steps ?? Number.MAX_SAFE_INTEGER;
  const run: TrainOptions = {
    tagger,
    sentences,
    batch,
    clipNorm,
    rng,
    resume,
    signal,
    // Asked for before each step: when the time is up, the step that was taken is the last.
    get steps() {
      return steps;
    },
    learningRate: (step) => (values.schedule === 'constant' ? rate : learningRateAt(budget.progress(step), rate)),
    validation: validation.length === 0 ? undefined : { sentences: validation, every },
    checkpoints: {
      every,
      store: outputStore(folder, { model: tagger, format: TAGGER_FORMAT, hasBest: resume?.validation !== undefined }),
      metadata: runMetadata({
        model: tagger,
        format: TAGGER_FORMAT,
        text: identityOf(data),
        options,
        seconds: () => budget.elapsed,
      }),
    },
  };
  budget.start();
  for await (const event of train(run)) {
    if (event.type === 'step' && budget.isTimeUp) steps = event.step;
    yield event;
  }
}

function introduce(prepared: PreparedTraining, progress: Progress, { stdout }: Terminal): void {
  const { data, backend, tagger, vectors, sentences, validation, values, resume } = prepared;
  const { config, model, vocabularies } = tagger;
  const { words, tags } = vocabularies;
  const known = words.size - words.specials.length;
  const reads = config.direction === 'both' ? 'both ways' : 'forward';
  const spelled = config.characterHidden > 0 ? `, ${config.characterHidden} for characters` : '';
  writeLine(stdout, `Data   ${data.name}: ${count(sentences.length)} sentences, ${count(wordsOf(sentences))} words`);
  writeLine(stdout, `       ${count(known)} known words, ${tags.size} tags`);
  if (vectors !== undefined) {
    writeLine(stdout, `       vectors of ${config.wordEmbedding} numbers for ${count(vectors)} words of the data`);
  }
  if (validation.length > 0) writeLine(stdout, `       ${count(validation.length)} sentences to check by`);
  writeLine(
    stdout,
    `Model  ${config.hidden} LSTM units ${reads}${spelled}, ${config.output}: ${count(modelSize(model))} parameters`,
  );
  writeLine(stdout, `Run    ${limitsOf(progress)}, ${values.batch} sentences each`);
  writeLine(stdout, `       on ${backend}`);
  if (resume) writeLine(stdout, `       goes on after step ${count(resume.step)}`);
  writeLine(stdout);
}

function wordsOf(sentences: readonly TaggedSentence[]): number {
  return sentences.reduce((sum, { words }) => sum + words.length, 0);
}
