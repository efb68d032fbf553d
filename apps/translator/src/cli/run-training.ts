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
import { TRANSLATOR_FORMAT } from '../model-file.ts';
import type { Pair } from '../pairs/pair.ts';
import { train } from '../train.ts';
import { type PreparedTraining, prepareTraining } from './prepare-training.ts';
import type { TrainValues } from './train-options.ts';

/** What a training run came to. */
export interface TrainingOutcome {
  /** Whether the user stopped it. */
  readonly isInterrupted: boolean;
  readonly folder: string;
  /** What `eval` is given to judge the model by pairs that it has not learned from. */
  readonly judgedBy: readonly string[];
  /** A source that it has not learned from. */
  readonly example: string;
}

const PAIRS: Measure = {
  unit: 'pairs',
  describe: (nats) => `${nats.toFixed(4)} nats per token, perplexity ${Math.exp(nats).toFixed(3)}`,
  brief: (nats) => `perplexity ${Math.exp(nats).toFixed(3)}`,
};

/** Sources that are translated while it trains. */
const SAMPLES = 4;

/** A longer validation part is cut here, so that validating does not take longer than training. */
const VALIDATION_LIMIT = 2000;

/**
 * Trains as the options say, tells about it, and leaves the model in a folder.
 * @throws UsageError if an option or a file is wrong
 */
export async function runTraining(given: Given, terminal: Terminal): Promise<TrainingOutcome> {
  let say = (message: string): void => writeLine(terminal.stdout, message);
  const prepared = await prepareTraining(given, (message) => say(message));
  const { values, folder, budget } = prepared;
  const progress = new Progress(budget, values.batch, PAIRS);
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
  const again = [terminal.program, 'train', ...corpusArguments(values), '--resume', quote(folder)];
  if (end) concludeRun(end, terminal, { progress, folder, again: again.join(' ') });
  const [{ source: example }] = samplesOf(prepared) as [Pair];
  return { isInterrupted: end?.reason === 'aborted', folder, judgedBy: heldOutArguments(values), example };
}

function trainOn(prepared: PreparedTraining, signal: AbortSignal): AsyncGenerator<FitEvent, void, undefined> {
  const { values, options, identity: text, parts, folder, translator: model, budget, rng, resume } = prepared;
  const validation = parts.validation.slice(0, VALIDATION_LIMIT);
  const format = TRANSLATOR_FORMAT;
  return train({
    translator: model,
    pairs: parts.train,
    batch: values.batch,
    budget,
    learningRate: values['learning-rate'],
    clipNorm: values.clip,
    rng,
    validation: validation.length === 0 ? undefined : { pairs: validation, every: values['validate-every'] },
    samples: { pairs: samplesOf(prepared), every: values['sample-every'] },
    checkpoints: {
      every: values['checkpoint-every'],
      store: outputStore(folder, { model, format, hasBest: resume?.validation !== undefined }),
      metadata: runMetadata({ model, format, text, options, seconds: () => budget.elapsed }),
    },
    resume,
    signal,
  });
}

/** Pairs of different sources, where there are any that are not learned from of those. */
function samplesOf({ parts: { train, validation } }: PreparedTraining): readonly Pair[] {
  const bySource = new Map((validation.length === 0 ? train : validation).map((pair) => [pair.source, pair]));
  return [...bySource.values()].slice(0, SAMPLES);
}

/** The validation corpus; else the test part of the corpus, or of the built-in pairs. */
function heldOutArguments(values: TrainValues): readonly string[] {
  const { validation, 'validation-source': source, 'validation-target': target, columns } = values;
  if (source !== undefined && target !== undefined) return ['--source', quote(source), '--target', quote(target)];
  const own = columns === 'source,target' ? [] : ['--columns', columns];
  if (validation !== undefined) return [quote(validation), ...own];
  const files = corpusArguments(values);
  return files.length === 0 ? [] : [...files, '--part', 'test'];
}

/** The files of a run, as they were given: it is resumed with the same. */
function corpusArguments(values: TrainValues): readonly string[] {
  const names = ['corpus', 'source', 'target', 'validation', 'validation-source', 'validation-target'] as const;
  const files = names.flatMap((name) => (values[name] === undefined ? [] : [`--${name}`, quote(values[name])]));
  return files.length === 0 || values.columns === 'source,target' ? files : [...files, '--columns', values.columns];
}

function introduce(prepared: PreparedTraining, progress: Progress, { stdout }: Terminal): void {
  const { identity, backend, translator, values, parts, leftOut, budget, resume } = prepared;
  const { config, model, source, target } = translator;
  const passes = ((budget.steps ?? 0) * values.batch) / parts.train.length;
  const [learned, checked, kept] = [parts.train, parts.validation, parts.test].map((part) => count(part.length));
  writeLine(
    stdout,
    `Data   ${identity.name}, ${config.from} to ${config.to}: ${learned} to learn, ${checked} to check by, ${kept} kept for eval`,
  );
  if (leftOut > 0)
    writeLine(stdout, `       ${count(leftOut)} longer than ${values['max-tokens']} tokens are left out`);
  writeLine(stdout, `       ${count(source.size)} and ${count(target.size)} different tokens`);
  writeLine(
    stdout,
    `Model  encoder of 2 × ${config.hiddenSize} ${config.cell} units, ` +
      `${config.attention === 'none' ? 'no' : config.attention} attention: ${count(modelSize(model))} parameters`,
  );
  writeLine(
    stdout,
    `Run    ${limitsOf(progress)}, ${values.batch} pairs each step${passes > 0 ? `: ${passes.toFixed(1)} times the data` : ''}`,
  );
  writeLine(stdout, `       on ${backend}`);
  if (resume) writeLine(stdout, `       goes on after step ${count(resume.step)}`);
  writeLine(stdout);
}
