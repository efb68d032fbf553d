import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  SAFETENSORS_DTYPES,
  SafetensorsError,
  type SafetensorsTensor,
  decodeSafetensors,
  encodeSafetensors,
} from '../index.ts';
import { bytesOf, decodeElements } from './dtypes.ts';

const name = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', '0', '10', '2', 'a.weight_ih_l0', '"\\'),
);
/** Any shape, any dtype, any bytes: NaN payloads of every width are among them. */
const tensor: fc.Arbitrary<SafetensorsTensor> = fc
  .tuple(fc.constantFrom(...SAFETENSORS_DTYPES), fc.array(fc.nat({ max: 3 }), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const length = shape.reduce((product, size) => product * size, bytesOf(dtype));
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => ({ dtype, shape, data: decodeElements(dtype, bytes) }) as SafetensorsTensor);
  });
const content = fc.record({
  tensors: fc.array(fc.tuple(name, tensor), { maxLength: 6 }).map((entries) => new Map(entries)),
  metadata: fc
    .array(fc.tuple(name, fc.string({ unit: 'grapheme' })), { maxLength: 3 })
    .map((entries) => new Map(entries)),
});

function bytesIn({ data }: SafetensorsTensor): number[] {
  return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}

it('what was written is read back bit for bit, and written again it gives the same bytes', () => {
  fc.assert(
    fc.property(content, ({ tensors, metadata }) => {
      const bytes = encodeSafetensors(tensors, metadata);
      const read = decodeSafetensors(bytes);
      expect(read.metadata).toEqual(metadata);
      expect(new Set(read.tensors.keys())).toEqual(new Set(tensors.keys()));
      for (const [key, { dtype, shape }] of tensors) {
        const found = read.tensors.get(key)!;
        expect([found.dtype, found.shape]).toEqual([dtype, shape]);
        expect(found.data.constructor).toBe(tensors.get(key)!.data.constructor);
        expect(bytesIn(found)).toEqual(bytesIn(tensors.get(key)!));
      }
      expect(encodeSafetensors(read.tensors, read.metadata)).toEqual(bytes);
      expect((8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))) % 8).toBe(0);
    }),
  );
});

/** Reads bytes that may be damaged; anything but a file or a SafetensorsError is a bug. */
function readOrRefuse(bytes: Uint8Array): 'read' | 'refused' {
  try {
    decodeSafetensors(bytes);
    return 'read';
  } catch (error) {
    if (error instanceof SafetensorsError) return 'refused';
    throw error;
  }
}

it('a file cut off anywhere is refused', () => {
  fc.assert(
    fc.property(content, ({ tensors, metadata }) => {
      const bytes = encodeSafetensors(tensors, metadata);
      for (let length = 0; length < bytes.length; length++) {
        expect(readOrRefuse(bytes.subarray(0, length))).toBe('refused');
      }
    }),
    { numRuns: 30 },
  );
});

it('damaged bytes are read or refused, never anything else', () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(content, flips, ({ tensors, metadata }, flips) => {
      const bytes = encodeSafetensors(tensors, metadata);
      for (const [at, value] of flips) bytes[at % bytes.length] = value;
      outcomes.add(readOrRefuse(bytes));
    }),
    { numRuns: 2000 },
  );
  expect(outcomes).toEqual(new Set(['read', 'refused']));
});

it('a header with pieces left out, repeated or moved is read or refused, never anything else', () => {
  const cut = fc.tuple(fc.nat(), fc.nat({ max: 12 }), fc.nat());
  fc.assert(
    fc.property(content, cut, ({ tensors, metadata }, [from, length, to]) => {
      const bytes = encodeSafetensors(tensors, metadata);
      const end = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
      const header = Array.from(bytes.subarray(8, end));
      const piece = header.slice(from % header.length, (from % header.length) + length);
      header.splice(to % header.length, to % 3 === 0 ? length : 0, ...piece);
      const damaged = new Uint8Array(8 + header.length + bytes.length - end);
      new DataView(damaged.buffer).setBigUint64(0, BigInt(header.length), true);
      damaged.set(header, 8);
      damaged.set(bytes.subarray(end), 8 + header.length);
      readOrRefuse(damaged);
    }),
    { numRuns: 1000 },
  );
});
