import type { FitEvent } from '@unroll/training';
import { History, type SavedHistory } from '../report/sparkline.ts';
import { thinned } from './thinned.ts';

/** What is remembered of a validation. */
export interface RecordedValidation {
  readonly step: number;
  readonly loss: number;
}

/** What is remembered of a sample. */
export interface RecordedSample {
  readonly step: number;
  readonly text: string;
}

/** A record as plain data. */
export interface SavedRecord {
  readonly losses: SavedHistory;
  readonly validations: readonly RecordedValidation[];
  readonly samples: readonly RecordedSample[];
}

const LOSSES = 256;
const VALIDATIONS = 512;
const SAMPLES = 12;

/** The course of a run, in a bounded number of losses, validations and samples. Checkpoints keep it, so that the report of a resumed run tells of the whole. */
export class RunRecord {
  readonly losses: History;
  #validations: RecordedValidation[];
  #samples: RecordedSample[];

  constructor(saved?: SavedRecord) {
    this.losses = new History(LOSSES, saved?.losses);
    this.#validations = thinned(saved?.validations ?? [], VALIDATIONS);
    this.#samples = [...(saved?.samples ?? [])];
  }

  take(event: FitEvent): void {
    if (event.type === 'step') this.losses.add(event.loss);
    if (event.type === 'validation') this.#takeValidation({ step: event.step, loss: event.loss });
    if (event.type === 'sample') this.#takeSample({ step: event.step, text: event.text });
  }

  /** All, as long as they are not too many for a curve; then those that make its shape. The best and the last are among them. */
  get validations(): readonly RecordedValidation[] {
    return this.#validations;
  }

  /** Few, from the whole course; the last one among them. */
  get samples(): readonly RecordedSample[] {
    return this.#samples;
  }

  toJSON(): SavedRecord {
    return { losses: this.losses.toJSON(), validations: this.#validations, samples: this.#samples };
  }

  #takeValidation(validation: RecordedValidation): void {
    this.#validations = thinned([...this.#validations, validation], VALIDATIONS);
  }

  #takeSample(sample: RecordedSample): void {
    this.#samples.push(sample);
    if (this.#samples.length <= SAMPLES) return;
    // Every other one, counted from the newest, so that it stays.
    const last = this.#samples.length - 1;
    this.#samples = this.#samples.filter((_, i) => (last - i) % 2 === 0);
  }
}

/** Whether something that was read from a file is a record. */
export function isSavedRecord(value: unknown): value is SavedRecord {
  const { losses, validations, samples } = fieldsOf(value);
  const { means, stretch, sum, count } = fieldsOf(losses);
  return (
    [stretch, sum, count].every(isNumber) &&
    isArrayOf(means, isNumber) &&
    isArrayOf(validations, (each) => isNumber(fieldsOf(each)['step']) && isNumber(fieldsOf(each)['loss'])) &&
    isArrayOf(samples, (each) => isNumber(fieldsOf(each)['step']) && typeof fieldsOf(each)['text'] === 'string')
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function isArrayOf(value: unknown, test: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(test);
}
