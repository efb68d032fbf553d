import { UnrollError } from '@unroll/backend';
import { type SafetensorsTensor, decodeElements } from './dtypes.ts';
import { SafetensorsError } from './error.ts';
import { type HeaderEntry, MAX_HEADER_BYTES, parseHeader, quote } from './header.ts';

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** By name, in the order of their data. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** Strings about the file; empty where it has none. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads a safetensors file: 8 bytes with the length of the header (little-endian), the header (JSON), the data. The tensors are
 * copies, so that `bytes` may be let go. White space around the header's object is accepted, as the reference reader does.
 *
 * Source: the format's description and reference reader, github.com/huggingface/safetensors.
 * @throws SafetensorsError (code INVALID_FILE) for everything that the format forbids; `problem` names the broken rule. UnrollError
 * INVALID_ARGUMENT for what is no bytes
 */
export function decodeSafetensors(bytes: Uint8Array | ArrayBuffer): SafetensorsFile {
  // A path, or the promise of bytes, would pass for an empty file.
  if (typeof bytes?.byteLength !== 'number') {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      'safetensors: no bytes were given. Give the content of a file: await readFile(path), or await response.arrayBuffer().',
    );
  }
  const [headerBytes, data] = splitFile(ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes));
  const { entries, metadata } = parseHeader(headerBytes);
  checkLayout(entries, data.length);
  const tensors = new Map(
    entries.map(({ name, dtype, shape, begin, end }) => {
      const elements = decodeElements(dtype, data.subarray(begin, end));
      return [name, { dtype, shape, data: elements } as SafetensorsTensor];
    }),
  );
  return { tensors, metadata };
}

function splitFile(bytes: Uint8Array): readonly [header: Uint8Array, data: Uint8Array] {
  if (bytes.length < 8) {
    throw new SafetensorsError(
      'file-too-short',
      `the file has ${bytes.length} bytes, fewer than the 8 it starts with.`,
    );
  }
  // Compared as a BigInt: 64 bits do not fit a number.
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new SafetensorsError(
      'header-too-large',
      `the header claims ${length} bytes, more than ${MAX_HEADER_BYTES}. The file is damaged or of another format.`,
    );
  }
  const start = 8 + Number(length);
  if (start > bytes.length) {
    throw new SafetensorsError(
      'header-past-end',
      `the header claims ${length} bytes, the file has ${bytes.length} in all. It was cut off, or is of another format.`,
    );
  }
  return [bytes.subarray(8, start), bytes.subarray(start)];
}

/** The tensors, in the order of their data, must cover the data block: no byte twice, none left out. */
function checkLayout(entries: readonly HeaderEntry[], dataLength: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin < covered) {
      throw new SafetensorsError(
        'overlap',
        `tensor ${quote(name)} begins at ${begin}, inside of one that ends at ${covered}.`,
      );
    }
    if (begin > covered) {
      throw new SafetensorsError(
        'hole',
        `bytes ${covered} to ${begin} in front of tensor ${quote(name)} belong to no tensor.`,
      );
    }
    if (end > dataLength) {
      throw new SafetensorsError(
        'data-past-end',
        `tensor ${quote(name)} ends at ${end}, the data at ${dataLength}. The file was cut off; fetch it again.`,
      );
    }
    covered = end;
  }
  if (covered === dataLength) return;
  throw new SafetensorsError(
    'bytes-after-data',
    `${dataLength - covered} bytes follow the last tensor. Other content may hide there, so the file is refused.`,
  );
}
