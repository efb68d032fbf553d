import { UnrollError } from '@unroll/tensor';
import type { Checkpoint } from '@unroll/training';
import type { CharacterModel } from '../config.ts';
import { describeCharRnn, restoreCharRnn } from '../model-file.ts';
import type { Given } from './options/read.ts';
import type { TextIdentity } from './text-file.ts';

const KEY = 'char-rnn';

/** What a checkpoint of `train` holds besides the training state. */
export interface RunMetadata {
  readonly characterModel: CharacterModel;
  readonly text: TextIdentity;
  /** The options of the run, as texts. */
  readonly options: Given;
  /** How long it has trained. */
  readonly seconds: number;
}

/** The metadata to save; `seconds` is asked for anew at each checkpoint. */
export function runMetadata({
  characterModel,
  text,
  options,
  seconds,
}: Omit<RunMetadata, 'seconds'> & { readonly seconds: () => number }): Readonly<Record<string, string>> {
  const model = describeCharRnn(characterModel);
  return {
    get [KEY]() {
      return JSON.stringify({ model, text, options, seconds: seconds() });
    },
  };
}

/**
 * Reads what `runMetadata` saved, but for the model, which is made where the options say: see `restoreModel`.
 * @throws UnrollError INVALID_FILE if the checkpoint is not one of `train`
 */
export function restoreRun({ metadata }: Checkpoint): Omit<RunMetadata, 'characterModel'> {
  const { text, options, seconds } = parse(metadata.get(KEY));
  if (!isTextIdentity(text) || !isRecordOfStrings(options) || typeof seconds !== 'number') {
    throw new UnrollError('INVALID_FILE', 'The entry char-rnn of its metadata is damaged.');
  }
  return { text, options, seconds };
}

/**
 * The model of a run, on the active backend.
 * @throws UnrollError INVALID_FILE, STATE_MISMATCH
 */
export function restoreModel({ metadata, model: state }: Checkpoint): CharacterModel {
  return restoreCharRnn(parse(metadata.get(KEY))['model'], state);
}

function parse(json: string | undefined): Readonly<Record<string, unknown>> {
  if (json === undefined) throw new UnrollError('INVALID_FILE', 'It was not written by char-rnn train.');
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Readonly<Record<string, unknown>>;
  } catch {
    // Reported below, with all else that it may be.
  }
  throw new UnrollError('INVALID_FILE', 'The entry char-rnn of its metadata is damaged.');
}

function isTextIdentity(value: unknown): value is TextIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { name, length, sha256 } = value as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof length === 'number' && typeof sha256 === 'string';
}

function isRecordOfStrings(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && Object.values(value).every((each) => typeof each === 'string');
}
