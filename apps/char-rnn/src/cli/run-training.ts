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
  natsAndBits,
  outputStore,
  quote,
  reportFor,
  runMetadata,
  writeLine,
} from '@unroll/app-kit/cli';
import type { FitEvent } from '@unroll/training';
import type { CharacterModel } from '../config.ts';
import { CHAR_RNN_FORMAT } from '../model-file.ts';
import { train } from '../train.ts';
import { type PreparedTraining, prepareTraining } from './prepare-training.ts';
import { identityOf } from './text-file.ts';

/** What a training run came to. */
export interface TrainingOutcome {
  /** Whether the user stopped it. */
  readonly isInterrupted: boolean;
  readonly characterModel: CharacterModel;
  readonly folder: string;
}

const CHARACTERS: Measure = {
  unit: 'characters',
  describe: natsAndBits,
  brief: (nats) => `${(nats / Math.LN2).toFixed(3)} bits`,
};

/** Characters of a sample while training. */
const SAMPLE_LENGTH = 240;

/**
 * Trains as the options say, tells about it, and leaves the model in a folder.
 * @throws UsageError if an option or a file is wrong
 */
export async function runTraining(given: Given, terminal: Terminal): Promise<TrainingOutcome> {
  let say = (message: string): void => writeLine(terminal.stdout, message);
  const prepared = await prepareTraining(given, (message) => say(message));
  const { values, characterModel, folder, budget } = prepared;
  const progress = new Progress(budget, values.batch * values.time, CHARACTERS);
  introduce(prepared, progress, terminal);
  const report = reportFor(terminal, progress, values['validate-every']);
  say = (message) => report.note(message);
  const end = await followRun({
    terminal,
    report,
    folder,
    isSaved: prepared.resume !== undefined,
    start: (signal) => trainOn(prepared, signal),
  });
  const { path } = prepared.text;
  const again = [terminal.program, 'train', ...(path === undefined ? [] : [quote(path)]), '--resume', quote(folder)];
  if (end) concludeRun(end, terminal, { progress, folder, again: again.join(' ') });
  return { isInterrupted: end?.reason === 'aborted', characterModel, folder };
}

function trainOn(prepared: PreparedTraining, signal: AbortSignal): AsyncGenerator<FitEvent, void, undefined> {
  const { values, options, text, folder, characterModel, tokens, validationTokens, budget, rng, resume } = prepared;
  return train({
    characterModel,
    tokens,
    batch: values.batch,
    time: values.time,
    budget,
    learningRate: values['learning-rate'],
    clipNorm: values.clip,
    rng,
    validation: validationTokens && { tokens: validationTokens, every: values['validate-every'] },
    samples: {
      every: values['sample-every'],
      prime: values.prime,
      length: SAMPLE_LENGTH,
      temperature: values.temperature,
      topK: values['top-k'],
      topP: values['top-p'],
    },
    checkpoints: {
      every: values['checkpoint-every'],
      store: outputStore(folder, {
        model: characterModel,
        format: CHAR_RNN_FORMAT,
        hasBest: resume?.validation !== undefined,
      }),
      metadata: runMetadata({
        model: characterModel,
        format: CHAR_RNN_FORMAT,
        text: identityOf(text),
        options,
        seconds: () => budget.elapsed,
      }),
    },
    resume,
    signal,
  });
}

function introduce(prepared: PreparedTraining, progress: Progress, { stdout }: Terminal): void {
  const { text, backend, characterModel, values, tokens, validationTokens, budget, resume } = prepared;
  const { config, model, vocabulary } = characterModel;
  const characters = vocabulary.size - vocabulary.specials.length;
  const layers = config.layers === 1 ? '' : `${config.layers} layers of `;
  const passes = ((budget.steps ?? 0) * values.batch * values.time) / tokens.length;
  writeLine(stdout, `Text   ${text.name}: ${count(text.content.length)} characters, ${characters} different`);
  if (text.hadCarriageReturns) writeLine(stdout, '       line ends \\r\\n are read as \\n');
  if (validationTokens) writeLine(stdout, `       the last ${count(validationTokens.length)} are kept to check by`);
  writeLine(stdout, `Model  ${layers}${config.hiddenSize} ${config.cell} units: ${count(modelSize(model))} parameters`);
  writeLine(
    stdout,
    `Run    ${limitsOf(progress)}, ${values.batch} × ${values.time} characters each step` +
      (passes > 0 ? `: ${passes.toFixed(1)} times the text` : ''),
  );
  writeLine(stdout, `       on ${backend}`);
  if (resume) writeLine(stdout, `       goes on after step ${count(resume.step)}`);
  writeLine(stdout);
}
