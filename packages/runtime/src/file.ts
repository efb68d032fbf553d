import { RuntimeError } from './error.ts';

/** What stands in the file of a compiled model under `model`. docs/formats/compiled-model.md tells it field by field. */
export interface Description {
  readonly programs: readonly Program[];
}

/** The step for one number of sequences side by side. Addresses are in bytes. */
export interface Program {
  readonly batch: number;
  readonly input: Slot;
  readonly output: Slot;
  readonly state: readonly (Slot & { readonly name: string; readonly initial?: string })[];
  /** The tensor of the module. */
  readonly module: string;
  /** Tensors that all steps read, and where the module expects them. */
  readonly constants: readonly Placed[];
  /** Tensors that only `prepare` reads. */
  readonly unpacked: readonly Placed[];
  /** Where streams begin: what lies before is the same for all of them. */
  readonly streams: number;
  /** Bytes that `prepare` needs. */
  readonly prepareBytes: number;
  /** Bytes of a stream. */
  readonly streamBytes: number;
  /** The int32 numbers that a stream begins with, and the positions of those to which its address is added. */
  readonly table: readonly number[];
  readonly relocated: readonly number[];
}

/** A range of a stream. */
export interface Slot {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  /** From the beginning of the stream on. */
  readonly offset: number;
}

export type Placed = readonly [tensor: string, address: number];

/** A file, read but not run. */
export interface ModelFile {
  readonly description: Description;
  /** What was said about the model when it was compiled. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensor: (name: string) => Uint8Array<ArrayBuffer>;
}

const FORMAT = 'unroll-compiled-model';
const VERSION = '1';

type Header = Record<string, { readonly data_offsets?: readonly [start: number, end: number] } | undefined>;

/**
 * Reads a safetensors file that `compileModel` wrote.
 * @throws RuntimeError INVALID_FILE, UNSUPPORTED_VERSION
 */
export function readFile(bytes: Uint8Array<ArrayBuffer>): ModelFile {
  const [header, start] = headerOf(bytes);
  const {
    format,
    format_version: version,
    model,
    ...metadata
  } = (header['__metadata__'] ?? {}) as Record<string, string>;
  if (format !== FORMAT || model === undefined) {
    throw invalid(
      `it is no compiled model (its format is ${format ?? 'unknown'}). Write one with compileModel of @unroll/compile`,
    );
  }
  if (version !== VERSION) {
    throw new RuntimeError(
      'UNSUPPORTED_VERSION',
      `load: the file has the format version ${version}; this release runs ${VERSION}. Compile the model again, or update @unroll/runtime.`,
    );
  }
  const ends = Object.values(header).map((entry) => entry?.data_offsets?.[1] ?? 0);
  const size = start + Math.max(...ends);
  if (bytes.length !== size)
    throw invalid(`it has ${bytes.length} bytes instead of ${size}. It was cut off or changed on its way`);
  const tensor = (name: string): Uint8Array<ArrayBuffer> => {
    const range = header[name]?.data_offsets;
    if (!range) throw invalid(`the tensor ${name} is missing`);
    return bytes.subarray(start + range[0], start + range[1]);
  };
  const description = parse(model) as Description | null;
  if (!Array.isArray(description?.programs)) throw invalid('it has no programs');
  return { description, metadata, tensor };
}

function headerOf(bytes: Uint8Array<ArrayBuffer>): readonly [header: Header, end: number] {
  if (bytes.length < 8) throw invalid(`it has ${bytes.length} bytes`);
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (end > bytes.length) throw invalid('it is no safetensors file, or was cut off');
  const header = parse(new TextDecoder().decode(bytes.subarray(8, end)));
  if (header === null || typeof header !== 'object') throw invalid('its header is no object');
  return [header as Header, end];
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw invalid('its header is no JSON', cause);
  }
}

/** An error about the file. */
export function invalid(what: string, cause?: unknown): RuntimeError {
  return new RuntimeError('INVALID_FILE', `load: the file can’t be used: ${what}.`, { cause });
}
