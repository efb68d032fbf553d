import { UnrollError, checkGiven } from '@unroll/backend';
import type { Optimizer, PlateauSchedule, Schedule } from '@unroll/optim';
import { type Rng, type Tensor, type TensorTree, checkRng, parametersOf } from '@unroll/tensor';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import type { MovingAverage } from './moving-average.ts';
import type { BatchSource } from './sources/batch-source.ts';
import { type CheckpointStore, checkStore } from './stores/checkpoint-store.ts';
import { usualOptimizer } from './usual-optimizer.ts';
import type { EarlyStoppingOptions } from './validation-progress.ts';

/** What a loss may need besides the batch. */
export interface LossContext<Carry> {
  /** The state that the batch before returned; undefined where the source says that a batch starts anew. */
  readonly carry: Carry | undefined;
  /** For dropout. Its state is saved with a checkpoint. */
  readonly rng: Rng;
  /** The number of steps taken before. */
  readonly step: number;
}

/** What a loss returns. */
export interface LossResult<Carry> {
  /** One number, the mean over the batch. */
  readonly loss: Tensor;
  /** The state for the next batch. It enters there as a constant: truncated backpropagation through time. */
  readonly carry?: Carry | undefined;
  /**
   * How much the batch counts among those that make one step (`accumulate`): where the loss is a mean over live tokens, their number, so
   * that the step is that of one large batch. Default 1.
   */
  readonly weight?: number | undefined;
}

/** What a validation measured. */
export interface ValidationResult {
  /** What checkpoints, early stopping and schedules go by: better the lower. Of a score that is better the higher, give the negative. */
  readonly loss: number;
  /** To be told and logged: `{ accuracy, f1 }`. */
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface ValidationOptions {
  /** Steps between validations; there is one after the last step too. */
  readonly every: number;
  /** A number that is better the lower it is. May reject with the signal's reason: then the run counts as aborted. */
  readonly run: () => number | ValidationResult | Promise<number | ValidationResult>;
}

export interface SampleOptions {
  /** Steps between samples; there is one after the last step too. */
  readonly every: number;
  /** What the model makes of it at the moment, for people to look at. */
  readonly run: (step: number) => string | Promise<string>;
}

export interface CheckpointOptions {
  /** Steps between checkpoints; there is one at the end too. */
  readonly every: number;
  /** Gets `last`, and `best` at each validation that is lower than all before. */
  readonly store: CheckpointStore;
  /**
   * How many of the lowest validations keep a checkpoint of their own, `best-<step>`, say to average them. A new one is saved whole before the
   * highest is removed. Needs a store that can remove. Default 1: `best` alone.
   */
  readonly keepBest?: number | undefined;
  /** Strings to keep in each checkpoint: the configuration and the vocabulary as JSON, a licence. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** When a run counts as diverged. */
export interface GuardOptions {
  /** When the loss of a batch is more than so many times that of the first batch. char-rnn (Karpathy 2015) takes 3. Default: never. */
  readonly lossFactor?: number | undefined;
  /** When the norm of all gradients, before clipping, is above this. Default: never. */
  readonly gradientNorm?: number | undefined;
}

export interface FitOptions<Batch, Carry extends TensorTree> {
  /** What is saved and restored. Those of its parameters that the optimizer has are trained. */
  readonly model: object;
  /** Made over parameters of the model. Default: Adam over all of them, of which there must be one, at its usual rate unless there is a `schedule`. */
  readonly optimizer?: Optimizer | undefined;
  readonly source: BatchSource<Batch>;
  /** The loss of one batch. Synchronous; what it makes is freed after the step. */
  readonly loss: (batch: Batch, context: LossContext<Carry>) => LossResult<Carry>;
  /**
   * How many steps in all, those before a resume included. Read again before each: a getter may shorten a run whose time is up. Either this
   * or `epochs`.
   */
  readonly steps?: number | undefined;
  /** How many passes over the data in all, for a source that says its `batchesPerEpoch`. */
  readonly epochs?: number | undefined;
  /** Forked once, so that it may serve elsewhere too. */
  readonly rng: Rng;
  /** The learning rate, in place of the optimizer's own: by step, or a `PlateauSchedule`, which observes each validation. */
  readonly schedule?: Schedule | PlateauSchedule | undefined;
  /**
   * How many batches make one step: the gradient is their mean, each by its `weight`. A step of a batch that would not fit into memory.
   * Default 1.
   */
  readonly accumulate?: number | undefined;
  /** Takes the weights in after each step, and is saved with them: an average to validate and to keep (`average.with`). */
  readonly average?: MovingAverage | undefined;
  /** Ends a run that goes wrong with an error that names the parameter and what to try. A number that is not finite always does. */
  readonly guard?: GuardOptions | undefined;
  /** Scales the gradients so that their common norm is at most this. Default: they are left alone. */
  readonly clipNorm?: number | undefined;
  readonly validation?: ValidationOptions | undefined;
  readonly sample?: SampleOptions | undefined;
  readonly checkpoints?: CheckpointOptions | undefined;
  /** Ends the run when validations bring no improvement. Default: all steps are taken. */
  readonly earlyStopping?: EarlyStoppingOptions | undefined;
  /** Where to go on from: `await loadCheckpoint(store)`. Default: the model and the optimizer as they are, from step 0. */
  readonly resume?: Checkpoint | undefined;
  /** Ends the run after the step, saved if there is a store. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of work after which timers and input get a turn. Default 50. */
  readonly yieldEvery?: number | undefined;
}

/** @throws UnrollError INVALID_ARGUMENT naming the option */
export function checkFitOptions<Batch, Carry extends TensorTree>(options: FitOptions<Batch, Carry>): void {
  const {
    clipNorm,
    accumulate = 1,
    average,
    guard = {},
    validation,
    sample,
    checkpoints,
    earlyStopping,
    yieldEvery = 0,
  } = options;
  checkRng('fit', options.rng);
  const { model, source, loss } = options;
  checkGiven('fit', { model, source, loss });
  checkSource('fit', source);
  checkLength(options);
  if (clipNorm !== undefined) check('clipNorm', clipNorm, clipNorm > 0, 'above 0');
  check('accumulate', accumulate, isCount(accumulate, 1), 'an integer from 1 on');
  const { lossFactor = 2, gradientNorm = 1 } = guard;
  check('guard.lossFactor', lossFactor, lossFactor > 1, 'above 1');
  check('guard.gradientNorm', gradientNorm, gradientNorm > 0, 'above 0');
  for (const [name, part] of Object.entries({ validation, sample, checkpoints })) {
    if (part) check(`${name}.every`, part.every, isCount(part.every, 1), 'an integer from 1 on');
  }
  check('yieldEvery', yieldEvery, yieldEvery >= 0, 'at least 0');
  if (earlyStopping) {
    const { patience, minDelta = 0 } = earlyStopping;
    check('earlyStopping.patience', patience, isCount(patience, 1), 'an integer from 1 on');
    check('earlyStopping.minDelta', minDelta, minDelta >= 0, 'at least 0');
    if (!validation) throw invalid('earlyStopping needs a validation. Give one.');
  }
  const { schedule, signal, resume } = options;
  if (schedule !== undefined && typeof schedule !== 'function' && typeof schedule !== 'object') {
    throw invalid(
      `the schedule is ${String(schedule)}; it must be a function of the step. A rate that stays is the optimizer's learningRate.`,
    );
  }
  if (signal && typeof signal.aborted !== 'boolean') {
    throw invalid('the signal is none. Give that of an AbortController: controller.signal.');
  }
  if (resume && !Number.isSafeInteger(resume.step)) {
    throw invalid('resume is no checkpoint. Give what is in the store: await loadCheckpoint(store).');
  }
  if (typeof schedule === 'object' && !validation) {
    throw invalid('a PlateauSchedule observes validations. Give validation, or a schedule by step.');
  }
  if (checkpoints) {
    checkGiven('fit', { 'checkpoints.store': checkpoints.store });
    checkStore('fit', checkpoints.store);
  }
  const keepBest = checkpoints?.keepBest ?? 1;
  check('checkpoints.keepBest', keepBest, isCount(keepBest, 1), 'an integer from 1 on');
  if (keepBest > 1) {
    if (!validation) throw invalid('checkpoints.keepBest needs a validation. Give one.');
    if (!checkpoints?.store.remove) {
      throw invalid('checkpoints.keepBest needs a store that can remove. Give its store a remove(name).');
    }
  }
  const own = new Set(parametersOf(options.model));
  if (average && !average.parameters.every((parameter) => own.has(parameter))) {
    throw invalid('the average has a parameter that the model has not. Make it over parametersOf(model).');
  }
  // Refuses here what can't be; it holds no memory before its first step.
  const optimizer = options.optimizer ?? usualOptimizer('fit', options.model);
  checkOptimizer('fit', optimizer);
  if (optimizer.parameters.every((parameter) => own.has(parameter))) return;
  throw invalid(
    'the optimizer has a parameter that the model has not; it would not be saved. ' +
      'Make the optimizer over parametersOf(model), or put the parameter into a field of the model.',
  );
}

/** @throws UnrollError INVALID_ARGUMENT for a list, or a generator, which could not be saved */
export function checkSource(who: string, source: Partial<BatchSource<unknown>>): void {
  if ([source.next, source.state, source.restore].every((method) => typeof method === 'function')) return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${who}: the source is none: it needs next(), state() and restore(). shuffledSource(items, { batch, rng }) makes one of a list, ` +
      'epochSource of what makes the batches of an epoch.',
  );
}

/** @throws UnrollError INVALID_ARGUMENT for its class, or its name */
export function checkOptimizer(who: string, optimizer: Partial<Optimizer>): void {
  if (Array.isArray(optimizer.parameters) && typeof optimizer.step === 'function') return;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `${who}: the optimizer is none. Give one, as new Adam({ parameters: parametersOf(model) }).`,
  );
}

/** How many steps in all: as said, or as many as make the epochs. */
export function totalSteps<Batch, Carry extends TensorTree>(options: FitOptions<Batch, Carry>): number {
  const { steps, epochs = 0, source, accumulate = 1 } = options;
  return steps ?? Math.ceil((epochs * (source.batchesPerEpoch ?? 0)) / accumulate);
}

function checkLength<Batch, Carry extends TensorTree>({ steps, epochs, source }: FitOptions<Batch, Carry>): void {
  if ((steps === undefined) === (epochs === undefined)) {
    throw invalid(
      `${steps === undefined ? 'neither steps nor' : 'both steps and'} epochs are given. Give one of them.`,
    );
  }
  if (steps !== undefined) check('steps', steps, isCount(steps, 0), 'an integer from 0 on');
  if (epochs === undefined) return;
  check('epochs', epochs, epochs >= 0 && Number.isFinite(epochs), 'a number from 0 on');
  if (source.batchesPerEpoch === undefined) {
    throw invalid(
      'epochs are not known to this source. Give steps, or a source with batchesPerEpoch, as shuffledSource.',
    );
  }
}

function isCount(x: number, least: number): boolean {
  return Number.isSafeInteger(x) && x >= least;
}

function check(name: string, value: number, valid: boolean, range: string): void {
  if (!valid) throw invalid(`${name} is ${value}; it must be ${range}.`);
}

function invalid(message: string): UnrollError {
  return new UnrollError('INVALID_ARGUMENT', `fit: ${message}`);
}
