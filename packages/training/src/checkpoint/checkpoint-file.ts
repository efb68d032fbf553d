import { type TypedArray, UnrollError } from '@unroll/backend';
import { type SafetensorsTensor, type StateDict, decodeSafetensors, encodeSafetensors } from '@unroll/io';
import type { OptimizerState, SavedTensor } from '@unroll/optim';
import * as v from 'valibot';
import { checked, count, rngState } from '../checked.ts';
import type { Json } from '../json.ts';
import { validationProgressSchema } from '../validation-progress.ts';
import { carryLayoutSchema } from './carry.ts';
import type { Checkpoint } from './checkpoint.ts';
import { entriesBelow, toEntry } from './tensor-entries.ts';

const FORMAT = 'unroll-checkpoint';
const VERSION = '1';
const OWN_KEYS: readonly string[] = ['format', 'format_version', 'training'];

const json = v.custom<Json>((value) => value !== undefined, 'is missing');

const trainingSchema = v.object({
  step: count,
  rng: rngState,
  source: json,
  optimizer: v.object({ optimizer: v.string(), stepsTaken: count }),
  average: v.optional(v.object({ updates: count })),
  firstLoss: v.optional(v.number()),
  losses: v.optional(v.object({ sum: v.number(), steps: count })),
  schedule: v.optional(json),
  validation: v.optional(validationProgressSchema),
  carry: v.optional(carryLayoutSchema),
});

/**
 * A checkpoint as one safetensors file that any tool can read: tensors `model.<name>`, `optimizer.<name>`, `average.<number>` and `carry.<path>`; in the
 * metadata `format: unroll-checkpoint`, a `format_version`, the rest as JSON text under `training`, and the caller's own entries.
 * @throws UnrollError INVALID_ARGUMENT if the caller's metadata uses one of those keys
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { step, model, metadata, validation, optimizer, average, firstLoss, losses, schedule, source, rng, carry } =
    checkpoint;
  for (const key of metadata.keys()) {
    if (!OWN_KEYS.includes(key)) continue;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `encodeCheckpoint: the metadata key ${key} is used by the format. Choose another.`,
    );
  }
  const training = {
    step,
    rng,
    source,
    optimizer: { optimizer: optimizer.optimizer, stepsTaken: optimizer.stepsTaken },
    average: average && { updates: average.updates },
    firstLoss,
    losses,
    schedule,
    validation,
    carry: carry?.layout,
  };
  const tensors = new Map<string, SafetensorsTensor>();
  for (const [name, entry] of model) tensors.set(`model.${name}`, entry);
  for (const [name, saved] of Object.entries(optimizer.tensors)) tensors.set(`optimizer.${name}`, toEntry(saved));
  for (const [name, saved] of Object.entries(average?.tensors ?? {})) tensors.set(`average.${name}`, toEntry(saved));
  for (const [path, entry] of carry?.tensors ?? []) tensors.set(`carry.${path}`, entry);
  return encodeSafetensors(
    tensors,
    new Map([...metadata, ['format', FORMAT], ['format_version', VERSION], ['training', JSON.stringify(training)]]),
  );
}

/**
 * Reads what `encodeCheckpoint` wrote.
 * @throws SafetensorsError if the file is damaged; UnrollError INVALID_FILE if it is no checkpoint, of a later version, or a field
 * is missing or wrong: the message names it
 */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes);
  checkFormat(metadata);
  const training = checked('checkpoint', trainingSchema, parse(metadata.get('training')));
  return {
    step: training.step,
    model: entriesBelow('model.', tensors),
    metadata: new Map([...metadata].filter(([key]) => !OWN_KEYS.includes(key))),
    validation: training.validation,
    optimizer: { ...training.optimizer, tensors: savedTensors(entriesBelow('optimizer.', tensors)) },
    average: training.average && { ...training.average, tensors: savedTensors(entriesBelow('average.', tensors)) },
    firstLoss: training.firstLoss,
    losses: training.losses,
    schedule: training.schedule,
    source: training.source,
    rng: training.rng,
    carry:
      training.carry === undefined ? undefined : { layout: training.carry, tensors: entriesBelow('carry.', tensors) },
  };
}

function savedTensors(entries: StateDict): OptimizerState['tensors'] {
  return Object.fromEntries(
    Array.from(entries, ([name, { shape, data }]): [string, SavedTensor] => [
      name,
      { shape, data: data as TypedArray },
    ]),
  );
}

function checkFormat(metadata: ReadonlyMap<string, string>): void {
  const format = metadata.get('format');
  if (format !== FORMAT) {
    throw new UnrollError(
      'INVALID_FILE',
      `decodeCheckpoint: the file's metadata has the format ${format ?? '(none)'} instead of ${FORMAT}. ` +
        (format === 'unroll' ? 'It holds a model without a training run: read it with decodeModel of @unroll/io.' : ''),
    );
  }
  const version = metadata.get('format_version') ?? '(none)';
  if (version === VERSION) return;
  throw new UnrollError(
    'INVALID_FILE',
    `decodeCheckpoint: the file has the format version ${version}; this release reads ${VERSION}. Update @unroll/training.`,
  );
}

function parse(text: string | undefined): unknown {
  try {
    if (text !== undefined) return JSON.parse(text);
  } catch (cause) {
    throw new UnrollError('INVALID_FILE', 'decodeCheckpoint: the entry training is not JSON. The file is damaged.', {
      cause,
    });
  }
  throw new UnrollError('INVALID_FILE', 'decodeCheckpoint: the entry training is missing. The file is damaged.');
}
