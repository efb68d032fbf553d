import { UnrollError } from '@unroll/backend';
import type { TensorTree } from '@unroll/tensor';
import { encodeCheckpoint } from './checkpoint/checkpoint-file.ts';
import type { CheckpointEvent, FitSummary, SampleEvent, ValidationEvent } from './events.ts';
import { type FitOptions, type ValidationResult, totalSteps } from './fit-options.ts';
import type { CheckpointStore } from './stores/checkpoint-store.ts';
import type { Trainer } from './trainer.ts';
import type { KeptValidation } from './validation-progress.ts';

/** What happens between two steps of a run, where it is due: validation, sample, checkpoint, the end. */
export class BetweenSteps<Batch, Carry extends TensorTree> {
  readonly #options: FitOptions<Batch, Carry>;
  readonly #trainer: Trainer<Batch, Carry>;
  readonly #startStep: number;
  /** The present state as a file, if it was asked for. */
  #file: { readonly of: string; readonly bytes: Uint8Array } | undefined;
  /** What `last` holds. */
  #saved: string;

  constructor(options: FitOptions<Batch, Carry>, trainer: Trainer<Batch, Carry>) {
    this.#options = options;
    this.#trainer = trainer;
    this.#startStep = trainer.step;
    this.#saved = this.#version;
  }

  /** Also makes up for a validation that an abort left out before the checkpoint that the run was resumed from. */
  async *validate(): AsyncGenerator<ValidationEvent | CheckpointEvent, void, undefined> {
    const { validation, checkpoints } = this.#options;
    const { step } = this.#trainer;
    if (!validation || !this.#isDue(validation.every) || this.#trainer.validation?.lastStep === step) return;
    const result = await this.#unlessAborted(validation.run);
    if (result === undefined && this.#isAborted) return;
    const { loss, metrics } = measured(result, step);
    const { trainingLoss } = this.#trainer;
    const best = this.#trainer.observe(loss);
    const training = trainingLoss === undefined ? {} : { trainingLoss };
    yield { type: 'validation', step, loss, ...training, best, ...(metrics && { metrics }) };
    if (checkpoints && this.#kept.some((one) => one.step === step)) {
      const saved = await this.#save(`best-${step}`);
      await this.#removeOthers(checkpoints.store);
      yield saved;
    }
    if (best && checkpoints) yield await this.#save('best');
  }

  async *sample(): AsyncGenerator<SampleEvent, void, undefined> {
    const { sample } = this.#options;
    const { step } = this.#trainer;
    if (!sample || !this.#isDue(sample.every) || step === this.#startStep) return;
    const text = await this.#unlessAborted(() => sample.run(step));
    if (text !== undefined) yield { type: 'sample', step, text };
  }

  /** Saves `last`, if it is due or the run ends, and there is something new. */
  async *saveLast(ending: boolean): AsyncGenerator<CheckpointEvent, void, undefined> {
    const { checkpoints } = this.#options;
    if (!checkpoints || !(ending || this.#isDue(checkpoints.every)) || this.#saved === this.#version) return;
    yield await this.#save('last');
  }

  reasonToEnd(): FitSummary['reason'] | undefined {
    const { earlyStopping } = this.#options;
    const { step, validation } = this.#trainer;
    if (step >= totalSteps(this.#options)) return 'steps';
    if (earlyStopping && validation && validation.waited >= earlyStopping.patience) return 'early-stopping';
    return this.#isAborted ? 'aborted' : undefined;
  }

  get #kept(): readonly KeptValidation[] {
    return this.#trainer.validation?.kept ?? [];
  }

  get #isAborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** Names the state: only steps and validations change what a checkpoint holds. */
  get #version(): string {
    return `${this.#trainer.step}:${this.#trainer.validation?.lastStep ?? ''}`;
  }

  #isDue(every: number): boolean {
    const { step } = this.#trainer;
    return step > 0 && (step % every === 0 || step === totalSteps(this.#options));
  }

  /** Undefined once the signal has fired: what then is due is left out. */
  async #unlessAborted<T>(run: () => T | Promise<T>): Promise<T | undefined> {
    if (this.#isAborted) return undefined;
    try {
      return await run();
    } catch (error) {
      if (this.#isAborted && error === this.#options.signal?.reason) return undefined;
      throw error;
    }
  }

  /** Also what a process left behind that died between a save and this, or that went further than what was resumed. */
  async #removeOthers(store: CheckpointStore): Promise<void> {
    const kept = new Set(this.#kept.map(({ step }) => `best-${step}`));
    for (const name of await store.list()) {
      if (/^best-\d+$/.test(name) && !kept.has(name)) await store.remove?.(name);
    }
  }

  async #save(name: CheckpointEvent['name']): Promise<CheckpointEvent> {
    const version = this.#version;
    if (this.#file?.of !== version) {
      this.#file = { of: version, bytes: encodeCheckpoint(await this.#trainer.checkpoint()) };
    }
    await this.#options.checkpoints!.store.save(name, this.#file.bytes);
    if (name === 'last') {
      this.#saved = version;
      this.#file = undefined;
    }
    return { type: 'checkpoint', step: this.#trainer.step, name };
  }
}

/**
 * What a validation gave, which in plain JavaScript may be anything.
 * @throws UnrollError INVALID_ARGUMENT unless it is a number, or has one
 */
function measured(given: number | ValidationResult | null | undefined, step: number): ValidationResult {
  if (typeof given === 'number') return { loss: given };
  if (typeof given?.loss === 'number') return given;
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `fit: the validation after step ${step} gave no number. Give one, or { loss, metrics }; of a tensor it is await tensor.data().`,
  );
}
