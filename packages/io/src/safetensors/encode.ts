import { UnrollError, formatShape, sizeOf } from '@unroll/backend';
import { type Named, entriesOf } from '../named.ts';
import { type SafetensorsTensor, SAFETENSORS_DTYPES, encodeElements, holds, isSafetensorsDType } from './dtypes.ts';
import { MAX_HEADER_BYTES, METADATA_KEY, quote } from './header.ts';

/**
 * Writes a safetensors file, byte for byte as the reference writer does: tensors by dtype (largest alignment first), then by name;
 * the header is padded with spaces to a multiple of 8. Metadata is sorted by key. Equal content gives equal bytes.
 *
 * @param metadata strings about the file, e.g. `{ license: 'MIT' }`
 * @throws UnrollError INVALID_ARGUMENT if a name, a dtype, an array's type or the metadata is not of the format, SHAPE_MISMATCH if
 * an array's length does not fit its shape
 */
export function encodeSafetensors(tensors: Named<SafetensorsTensor>, metadata: Named<string> = {}): Uint8Array {
  const sorted = entriesOf(tensors).toSorted(
    ([nameA, a], [nameB, b]) =>
      SAFETENSORS_DTYPES.indexOf(a.dtype) - SAFETENSORS_DTYPES.indexOf(b.dtype) || compareCodePoints(nameA, nameB),
  );
  const fields = metadataFields(metadata);
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of sorted) {
    checkTensor(name, tensor);
    const piece = encodeElements(tensor.dtype, tensor.data);
    pieces.push(piece);
    const { dtype, shape } = tensor;
    fields.push(field(name, JSON.stringify({ dtype, shape, data_offsets: [offset, offset + piece.length] })));
    offset += piece.length;
  }
  return assemble(paddedHeader(fields), pieces, offset);
}

/** Written by hand, because an object would move keys that look like integers to the front. */
function field(key: string, json: string): string {
  return `${JSON.stringify(key)}:${json}`;
}

function metadataFields(metadata: Named<string>): string[] {
  const entries = entriesOf(metadata).toSorted(([a], [b]) => compareCodePoints(a, b));
  if (entries.length === 0) return [];
  for (const [key, value] of entries) {
    if (typeof value !== 'string') {
      throw invalid(`metadata ${quote(key)} is no string. Write other values as JSON text.`);
    }
    checkText('metadata key', key);
    checkText('metadata value', value);
  }
  return [field(METADATA_KEY, `{${entries.map(([key, value]) => field(key, JSON.stringify(value))).join(',')}}`)];
}

function checkTensor(name: string, { dtype, shape, data }: SafetensorsTensor): void {
  if (name === METADATA_KEY) throw invalid(`no tensor can be named ${METADATA_KEY}: the format keeps that name.`);
  checkText('tensor name', name);
  if (!isSafetensorsDType(dtype)) {
    throw invalid(`tensor ${quote(name)} has the dtype ${String(dtype)}. Known are ${SAFETENSORS_DTYPES.join(', ')}.`);
  }
  if (!holds(dtype, data)) {
    throw invalid(
      `tensor ${quote(name)} of dtype ${dtype} can't hold the given ${Object.prototype.toString.call(data)}.`,
    );
  }
  for (const length of shape) {
    if (Number.isSafeInteger(length) && length >= 0) continue;
    throw invalid(`the shape ${formatShape(shape)} of tensor ${quote(name)} is none: lengths are integers from 0 on.`);
  }
  if (data.length === sizeOf(shape)) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `encodeSafetensors: tensor ${quote(name)} has ${data.length} elements, its shape ${formatShape(shape)} asks for ${sizeOf(shape)}.`,
  );
}

/** Half of a surrogate pair has no UTF-8. */
function checkText(what: string, text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw invalid(`the ${what} ${quote(text)} is not well-formed Unicode.`);
}

function paddedHeader(fields: readonly string[]): Uint8Array {
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const header = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  header.set(json);
  if (header.length <= MAX_HEADER_BYTES) return header;
  throw invalid(
    `the header has ${header.length} bytes; the format allows ${MAX_HEADER_BYTES}. Keep less in the metadata.`,
  );
}

function assemble(header: Uint8Array, pieces: readonly Uint8Array[], dataLength: number): Uint8Array {
  const file = new Uint8Array(8 + header.length + dataLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let at = 8 + header.length;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.length;
  }
  return file;
}

/** The order of UTF-8 bytes, in which the reference writer sorts; `<` on strings compares UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function invalid(message: string): UnrollError {
  return new UnrollError('INVALID_ARGUMENT', `encodeSafetensors: ${message}`);
}
