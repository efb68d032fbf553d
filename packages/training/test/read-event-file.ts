import { maskedCrc32c } from '../src/logs/tensorboard/crc32c.ts';

/** A message of an event file, as a reader sees it. */
export interface ReadEvent {
  readonly wallTime?: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly scalars: readonly (readonly [tag: string, value: number])[];
  readonly texts: readonly (readonly [tag: string, text: string])[];
}

type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

const text = new TextDecoder('utf-8', { fatal: true });

/** Reads an event file by the published format alone, checks included. */
export function readEventFile(file: Uint8Array): readonly ReadEvent[] {
  const events: ReadEvent[] = [];
  let at = 0;
  while (at < file.length) {
    const view = new DataView(file.buffer, file.byteOffset + at);
    const length = Number(view.getBigUint64(0, true));
    const data = file.subarray(at + 12, at + 12 + length);
    if (view.getUint32(8, true) !== maskedCrc32c(file.subarray(at, at + 8))) throw new Error('the length is damaged');
    if (view.getUint32(12 + length, true) !== maskedCrc32c(data)) throw new Error('the data are damaged');
    events.push(eventOf(fieldsOf(data)));
    at += 16 + length;
  }
  return events;
}

function eventOf(fields: Fields): ReadEvent {
  const values = messages(fields, 5).flatMap((summary) => messages(summary, 1));
  const [wallTime, step, version] = [fields.get(1)?.[0], fields.get(2)?.[0], fields.get(3)?.[0]];
  return {
    ...(typeof wallTime === 'number' && { wallTime }),
    ...(typeof step === 'number' && { step }),
    ...(version instanceof Uint8Array && { fileVersion: text.decode(version) }),
    scalars: values.flatMap((value) =>
      value.has(2) ? [[stringOf(value, 1), value.get(2)![0] as number] as const] : [],
    ),
    texts: values.flatMap((value) =>
      messages(value, 8).map((tensor) => [stringOf(value, 1), stringOf(tensor, 8)] as const),
    ),
  };
}

function messages(fields: Fields, field: number): readonly Fields[] {
  return (fields.get(field) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));
}

function stringOf(fields: Fields, field: number): string {
  return text.decode(fields.get(field)![0] as Uint8Array);
}

function fieldsOf(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    switch (tag % 8) {
      case 0:
        values.push(varint());
        break;
      case 1:
        values.push(view.getFloat64(at, true));
        at += 8;
        break;
      case 2: {
        const length = varint();
        values.push(bytes.subarray(at, at + length));
        at += length;
        break;
      }
      case 5:
        values.push(view.getFloat32(at, true));
        at += 4;
        break;
      default:
        throw new Error(`no wire type: ${tag % 8}`);
    }
  }
  return fields;
}
