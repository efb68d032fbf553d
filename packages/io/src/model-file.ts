import { UnrollError, checkGiven } from '@unroll/backend';
import type { Named } from './named.ts';
import { entriesOf } from './named.ts';
import { decodeSafetensors } from './safetensors/decode.ts';
import { encodeSafetensors } from './safetensors/encode.ts';
import { type StateDict, stateDict } from './state-dict.ts';

const FORMAT = 'unroll';
const VERSION = 1;
const OWN_KEYS: readonly string[] = ['format', 'format_version', 'config'];

export interface EncodeModelOptions {
  /** Its parameters are saved. */
  readonly model: object;
  /** All that is needed to build the model again, and to feed it: sizes, variants, the vocabulary (`vocabulary.toJSON()`). JSON. */
  readonly config: unknown;
  /** Further strings about the file, e.g. a licence. */
  readonly metadata?: Named<string>;
}

/** What a model file holds. */
export interface DecodedModel {
  /** Parsed JSON. Check it before use: a file may come from anywhere. */
  readonly config: unknown;
  /** For `loadStateDict`. */
  readonly state: StateDict;
  /** The further strings. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * A model as one safetensors file that any tool can read: the parameters as tensors; in the metadata `format: unroll`, a
 * `format_version`, and the configuration as JSON text.
 * @throws UnrollError INVALID_ARGUMENT if JSON can't hold the configuration, or the metadata uses one of those keys
 */
export async function encodeModel({ model, config, metadata = {} }: EncodeModelOptions): Promise<Uint8Array> {
  checkGiven('encodeModel', { model });
  const json = configText(config);
  for (const [key] of entriesOf(metadata)) {
    if (!OWN_KEYS.includes(key)) continue;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `encodeModel: the metadata key ${key} is used by the format. Choose another.`,
    );
  }
  const own: (readonly [string, string])[] = [
    ['format', FORMAT],
    ['format_version', String(VERSION)],
    ['config', json],
  ];
  return encodeSafetensors(await stateDict(model), new Map([...entriesOf(metadata), ...own]));
}

/**
 * Reads what `encodeModel` wrote. Build the model from `config`, then `loadStateDict(model, state)`.
 * @throws SafetensorsError if the file is damaged; UnrollError INVALID_FILE if it is no model of this format, or of a later version
 */
export function decodeModel(bytes: Uint8Array | ArrayBuffer): DecodedModel {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const format = metadata.get('format');
  if (format !== FORMAT) {
    throw new UnrollError(
      'INVALID_FILE',
      `decodeModel: the file's metadata has the format ${format ?? '(none)'} instead of ${FORMAT}. ` +
        'Read weights of other programs with decodeSafetensors and loadStateDict.',
    );
  }
  const version = metadata.get('format_version') ?? '(none)';
  if (version !== String(VERSION)) {
    throw new UnrollError(
      'INVALID_FILE',
      `decodeModel: the file has the format version ${version}; this release reads ${VERSION}. Update @unroll/io.`,
    );
  }
  const further = [...metadata].filter(([key]) => !OWN_KEYS.includes(key));
  return { config: parseConfig(metadata.get('config')), state: tensors, metadata: new Map(further) };
}

/** JSON text; refuses what JSON would change without a word. */
function configText(config: unknown): string {
  const text = JSON.stringify(config, (key, value: unknown) => {
    const lost =
      (typeof value === 'number' && !Number.isFinite(value)) ||
      typeof value === 'bigint' ||
      typeof value === 'function' ||
      typeof value === 'symbol' ||
      value instanceof Map ||
      value instanceof Set ||
      ArrayBuffer.isView(value);
    if (!lost) return value;
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `encodeModel: JSON can't hold the ${describe(value)} under ${JSON.stringify(key)} of the configuration. ` +
        'Use strings, finite numbers, booleans, null, arrays and plain objects.',
    );
  }) as string | undefined;
  if (text !== undefined) return text;
  throw new UnrollError('INVALID_ARGUMENT', 'encodeModel: the config is undefined. Pass {} for none.');
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function parseConfig(text: string | undefined): unknown {
  try {
    if (text !== undefined) return JSON.parse(text);
  } catch (cause) {
    throw new UnrollError('INVALID_FILE', "decodeModel: the file's configuration is not JSON. It is damaged.", {
      cause,
    });
  }
  throw new UnrollError('INVALID_FILE', 'decodeModel: the file has no configuration. It is damaged.');
}
