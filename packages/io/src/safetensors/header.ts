import { type Shape, formatShape } from '@unroll/backend';
import { type SafetensorsDType, SAFETENSORS_DTYPES, bytesOf, isSafetensorsDType } from './dtypes.ts';
import { duplicateKey } from './duplicate-keys.ts';
import { SafetensorsError } from './error.ts';

/** Larger headers are refused, so that eight bytes can't make a reader allocate without bounds. */
export const MAX_HEADER_BYTES = 100_000_000;

/** The key of the header that holds strings about the file instead of a tensor. */
export const METADATA_KEY = '__metadata__';

/** Where a tensor lies; offsets count from the start of the data block. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** In the order of their data. */
  readonly entries: readonly HeaderEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * The header of a file, checked for everything that does not need the data block.
 * @throws SafetensorsError
 */
export function parseHeader(bytes: Uint8Array): Header {
  const header = parseObject(bytes);
  const entries: HeaderEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  // Object.entries reads own keys only, so a tensor named __proto__ is a tensor like any other.
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA_KEY) metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  return { entries: entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end), metadata };
}

function parseObject(bytes: Uint8Array): object {
  let text: string;
  try {
    // A byte order mark must stay, so that JSON.parse refuses it.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SafetensorsError(
      'header-not-utf8',
      'the header is not UTF-8. The file is damaged or of another format.',
      {
        cause,
      },
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError(
      'header-not-json',
      `the header is not JSON: it begins with ${quote(text.slice(0, 20))}. The file is damaged or of another format.`,
      { cause },
    );
  }
  if (!isObject(header)) {
    throw new SafetensorsError(
      'header-not-object',
      `the header is ${describe(header)} instead of an object of tensors.`,
    );
  }
  const twice = duplicateKey(text);
  if (twice === undefined) return header;
  throw new SafetensorsError(
    'duplicate-key',
    `the header has the key ${quote(twice)} twice in one object. Readers would disagree on which one counts.`,
  );
}

function parseMetadata(value: unknown): ReadonlyMap<string, string> {
  const wrong = (what: string): SafetensorsError =>
    new SafetensorsError(
      'invalid-metadata',
      `${what}. The format allows strings only; write other values as JSON text.`,
    );
  if (!isObject(value)) throw wrong(`${METADATA_KEY} is ${describe(value)} instead of an object`);
  return new Map(
    Object.entries(value).map(([key, item]: [string, unknown]) => {
      if (typeof item !== 'string') throw wrong(`${METADATA_KEY} holds ${describe(item)} under ${quote(key)}`);
      return [key, item];
    }),
  );
}

function parseEntry(name: string, value: unknown): HeaderEntry {
  if (!isObject(value)) {
    throw new SafetensorsError(
      'invalid-entry',
      `the entry of tensor ${quote(name)} is ${describe(value)}, not an object.`,
    );
  }
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  for (const [field, found, right] of [
    ['dtype', dtype, typeof dtype === 'string'],
    ['shape', shape, Array.isArray(shape)],
    ['data_offsets', offsets, Array.isArray(offsets)],
  ] as const) {
    if (right) continue;
    throw new SafetensorsError('invalid-entry', `the ${field} of tensor ${quote(name)} is ${describe(found)}.`);
  }
  if (!isSafetensorsDType(dtype)) {
    throw new SafetensorsError(
      'unknown-dtype',
      `tensor ${quote(name)} has the dtype ${describe(dtype)}. Known are ${SAFETENSORS_DTYPES.join(', ')}; save it as one of them.`,
    );
  }
  const lengths = shape as readonly unknown[];
  checkShape(name, lengths);
  const [begin, end] = parseOffsets(name, offsets as readonly unknown[]);
  const needed = byteCount(name, dtype, lengths);
  if (end - begin !== needed) {
    throw new SafetensorsError(
      'size-mismatch',
      `tensor ${quote(name)} has ${end - begin} bytes of data, but ${dtype} ${formatShape(lengths)} needs ${needed}.`,
    );
  }
  return { name, dtype, shape: lengths, begin, end };
}

function checkShape(name: string, lengths: readonly unknown[]): asserts lengths is Shape {
  for (const length of lengths) {
    if (isCount(length)) continue;
    throw new SafetensorsError(
      'invalid-shape',
      `the shape of tensor ${quote(name)} contains ${describe(length)}; lengths are integers from 0 on.`,
    );
  }
}

function parseOffsets(name: string, offsets: readonly unknown[]): readonly [begin: number, end: number] {
  const [begin, end] = offsets;
  if (offsets.length === 2 && isCount(begin) && isCount(end) && begin <= end) return [begin, end];
  throw new SafetensorsError(
    'invalid-offsets',
    `the data_offsets of tensor ${quote(name)} are [${offsets.slice(0, 4).map(describe).join(', ')}]; needed are [begin, end] with 0 ≤ begin ≤ end.`,
  );
}

function byteCount(name: string, dtype: SafetensorsDType, shape: Shape): number {
  let bytes = bytesOf(dtype);
  for (const length of shape) {
    bytes *= length;
    if (Number.isSafeInteger(bytes) && Number.isSafeInteger(length)) continue;
    throw new SafetensorsError(
      'size-overflow',
      `tensor ${quote(name)}: ${dtype} ${formatShape(shape)} is larger than any file.`,
    );
  }
  return bytes;
}

/** An integer from 0 on; −0 is none, as the format knows unsigned numbers only. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && !Object.is(value, -0);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'an array';
  if (isObject(value)) return 'an object';
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}

/** A name as it may stand in a message: quoted, control characters escaped, of bounded length. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
