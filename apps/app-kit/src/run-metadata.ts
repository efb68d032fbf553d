import { decodeSafetensors, encodeSafetensors } from '@unroll/io';
import { UnrollError } from '@unroll/tensor';
import type { Checkpoint } from '@unroll/training';
import type { ModelFormat } from './model-format.ts';
import type { Texts } from './options/given.ts';
import { type SavedRecord, isSavedRecord } from './page/run-record.ts';

/** What a run remembers of its data, to know them again. */
export interface DataIdentity {
  /** For people. */
  readonly name: string;
  /** In UTF-16 units. */
  readonly length: number;
  readonly sha256: string;
}

/** What a checkpoint of `train` holds besides the training state. */
export interface RunMetadata {
  readonly text: DataIdentity;
  /** The options of the run, as texts. */
  readonly options: Texts;
  /** How long it has trained. */
  readonly seconds: number;
  /** Its course, for the report. */
  readonly record?: SavedRecord | undefined;
}

export interface RunMetadataOptions<Model> extends Omit<RunMetadata, 'seconds' | 'record'> {
  readonly model: Model;
  readonly format: ModelFormat<Model>;
  /** Is asked for anew at each checkpoint. */
  readonly seconds: () => number;
  /** Likewise. */
  readonly record?: () => SavedRecord;
}

/** The metadata to save. */
export function runMetadata<Model>(options: RunMetadataOptions<Model>): Readonly<Record<string, string>> {
  const { model, format, text, options: given, seconds, record } = options;
  const description = format.describe(model);
  return Object.defineProperty({}, format.kind, {
    enumerable: true,
    get: () => JSON.stringify({ model: description, text, options: given, seconds: seconds(), record: record?.() }),
  });
}

/** What a model file says of the training: its key in the metadata. */
const TRAINING_KEY = 'training';

/** A model file that also tells what the model was trained by: settings and data. Not the time: the same run gives the same bytes. */
export function withTraining(
  bytes: Uint8Array,
  { text: data, options: settings }: Pick<RunMetadata, 'text' | 'options'>,
): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const training = JSON.stringify({ settings, data });
  return encodeSafetensors(tensors, new Map([...metadata, [TRAINING_KEY, training]]));
}

/**
 * Reads what `runMetadata` saved, but for the model, which is made where the options say: see `restoreModel`.
 * @throws UnrollError INVALID_FILE if the checkpoint is not one of `train`
 */
export function restoreRun({ metadata }: Checkpoint, kind: string): RunMetadata {
  const { text, options, seconds, record } = parse(metadata.get(kind), kind);
  if (!isDataIdentity(text) || !isRecordOfStrings(options) || typeof seconds !== 'number') {
    throw damaged(kind);
  }
  // A report is no reason to refuse a run.
  return { text, options, seconds, record: isSavedRecord(record) ? record : undefined };
}

/**
 * The model of a run, on the active backend.
 * @throws UnrollError INVALID_FILE, STATE_MISMATCH
 */
export function restoreModel<Model>({ metadata, model: state }: Checkpoint, format: ModelFormat<Model>): Model {
  return format.restore(parse(metadata.get(format.kind), format.kind)['model'], state);
}

function parse(json: string | undefined, kind: string): Readonly<Record<string, unknown>> {
  if (json === undefined) throw new UnrollError('INVALID_FILE', `It was not written by ${kind} train.`);
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Readonly<Record<string, unknown>>;
  } catch {
    // Reported below, with all else that it may be.
  }
  throw damaged(kind);
}

function damaged(kind: string): UnrollError {
  return new UnrollError('INVALID_FILE', `The entry ${kind} of its metadata is damaged.`);
}

function isDataIdentity(value: unknown): value is DataIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { name, length, sha256 } = value as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof length === 'number' && typeof sha256 === 'string';
}

function isRecordOfStrings(value: unknown): value is Texts {
  return typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'string');
}
