import type { FitEvent, FitSummary } from '@unroll/training';
import type { CharacterModel } from '../config.ts';
import { train } from '../train.ts';
import type { Given } from './options/read.ts';
import { outputStore } from './output-folder.ts';
import { type PreparedTraining, prepareTraining } from './prepare-training.ts';
import { count, duration, natsAndBits } from './report/format.ts';
import { PlainReport } from './report/plain-report.ts';
import { Progress } from './report/progress.ts';
import type { Report } from './report/report.ts';
import { TerminalReport } from './report/terminal-report.ts';
import { runMetadata } from './run-metadata.ts';
import { type Terminal, quote, writeLine } from './terminal.ts';
import { identityOf } from './text-file.ts';
import { modelSize } from './model-size.ts';

/** What a training run came to. */
export interface TrainingOutcome {
  /** Whether the user stopped it. */
  readonly isInterrupted: boolean;
  readonly characterModel: CharacterModel;
  readonly folder: string;
}

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
  introduce(prepared, terminal);
  const progress = new Progress(budget, values.batch * values.time);
  const report: Report = terminal.stdout.isTTY
    ? new TerminalReport(terminal.stdout, progress)
    : new PlainReport(terminal.stdout, progress, values['validate-every']);
  say = (message) => report.note(message);
  const abort = new AbortController();
  const release = terminal.onInterrupt(() => {
    if (abort.signal.aborted) {
      report.stop();
      terminal.exit(130);
    }
    abort.abort();
    report.note('Finishing this step and saving. Ctrl-C again leaves at once.');
  });
  let isSaved = prepared.resume !== undefined;
  let end: FitSummary | undefined;
  try {
    for await (const event of trainOn(prepared, abort.signal)) {
      show(event, report);
      if (event.type === 'checkpoint' && event.name === 'last') isSaved = true;
      if (event.type === 'done') end = event;
    }
    report.stop();
    if (end) conclude(end, prepared, progress, terminal);
    return { isInterrupted: end?.reason === 'aborted', characterModel, folder };
  } catch (error) {
    report.stop();
    if (isSaved) writeLine(terminal.stderr, `The run up to its last checkpoint is kept in ${folder}.`);
    throw error;
  } finally {
    release();
  }
}

function show(event: FitEvent, report: Report): void {
  if (event.type === 'step') report.step(event);
  if (event.type === 'validation') report.validation(event);
  if (event.type === 'sample') report.sample(event);
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
      store: outputStore(folder, { characterModel, hasBest: resume?.validation !== undefined }),
      metadata: runMetadata({ characterModel, text: identityOf(text), options, seconds: () => budget.elapsed }),
    },
    resume,
    signal,
  });
}

function introduce(prepared: PreparedTraining, { stdout }: Terminal): void {
  const { text, backend, characterModel, values, tokens, validationTokens, budget, resume } = prepared;
  const { config, model, vocabulary } = characterModel;
  const characters = vocabulary.size - vocabulary.specials.length;
  const layers = config.layers === 1 ? '' : `${config.layers} layers of `;
  const passes = ((budget.steps ?? 0) * values.batch * values.time) / tokens.length;
  const limits = [
    ...(budget.steps === undefined ? [] : [`${count(budget.steps)} steps`]),
    ...(budget.seconds === undefined ? [] : [`${Number((budget.seconds / 60).toFixed(2))} min`]),
  ];
  writeLine(stdout, `Text   ${text.name}: ${count(text.content.length)} characters, ${characters} different`);
  if (text.hadCarriageReturns) writeLine(stdout, '       line ends \\r\\n are read as \\n');
  if (validationTokens) writeLine(stdout, `       the last ${count(validationTokens.length)} are kept to check by`);
  writeLine(stdout, `Model  ${layers}${config.hiddenSize} ${config.cell} units: ${count(modelSize(model))} parameters`);
  writeLine(
    stdout,
    `Run    ${limits.join(' or ')}, ${values.batch} × ${values.time} characters each step` +
      (passes > 0 ? `: ${passes.toFixed(1)} times the text` : ''),
  );
  writeLine(stdout, `       on ${backend}`);
  if (resume) writeLine(stdout, `       goes on after step ${count(resume.step)}`);
  writeLine(stdout);
}

function conclude(summary: FitSummary, prepared: PreparedTraining, progress: Progress, terminal: Terminal): void {
  const { folder, text, budget } = prepared;
  const { stdout, program } = terminal;
  const { step, reason, best } = summary;
  const where = `step ${count(step)}, ${duration(budget.elapsed)}`;
  if (reason === 'aborted') {
    const again = [program, 'train', ...(text.path === undefined ? [] : [quote(text.path)]), '--resume', quote(folder)];
    writeLine(stdout, `Stopped at ${where}. All is saved in ${folder}. Go on with:`);
    writeLine(stdout, `  ${again.join(' ')}`);
    return;
  }
  const loss = progress.loss === undefined ? '' : `, loss ${progress.loss.toFixed(3)}`;
  writeLine(stdout, `Done at ${where}${loss}.`);
  if (best) writeLine(stdout, `Best validation: ${natsAndBits(best.loss)}, at step ${count(best.step)}.`);
}
