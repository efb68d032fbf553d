import { readFileSync } from 'node:fs';
import { referenceFolder } from '@unroll/fixtures';
import { describe, expect, it } from 'vitest';
import { type SafetensorsProblem, type SafetensorsTensor, decodeSafetensors, encodeSafetensors } from '../index.ts';

/** A file with the given header, as text or bytes, and data. */
function file(header: string | Uint8Array, data: ArrayLike<number> = []): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}
const tensorJson = (dtype: string, shape: string, begin: number | string, end: number | string): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe('reading refuses', () => {
  const two = (a: string, b: string): string => `{"a":${a},"b":${b}}`;
  const lengthOnly = (length: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(length).buffer);
  const cases: [SafetensorsProblem, string, Uint8Array, RegExp][] = [
    ['file-too-short', 'no bytes at all', new Uint8Array(0), /0 bytes/],
    ['file-too-short', 'seven bytes', new Uint8Array(7), /7 bytes/],
    ['header-too-large', 'a header just over the limit', lengthOnly(100_000_001n), /100000001/],
    ['header-too-large', 'a header length near 2^64', lengthOnly(2n ** 64n - 1n), /18446744073709551615/],
    ['header-past-end', 'a header longer than the file', lengthOnly(100_000_000n), /cut off/],
    ['header-past-end', 'a header longer by one byte', file('{}').subarray(0, 9), /cut off/],
    ['header-not-utf8', 'an overlong encoding', file(Uint8Array.of(0x7b, 0x22, 0xc0, 0x80, 0x22, 0x7d)), /UTF-8/],
    ['header-not-utf8', 'an encoded surrogate', file(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)), /UTF-8/],
    ['header-not-json', 'an empty header', file(''), /not JSON/],
    ['header-not-json', 'half a header', file('{"a":'), /not JSON/],
    ['header-not-json', 'a header padded with zero bytes', file('{}\0\0'), /not JSON/],
    ['header-not-json', 'a byte order mark', file('\uFEFF{}'), /not JSON/],
    ['header-not-json', 'nesting without end', file('['.repeat(1_000_000)), /not JSON/],
    ['header-not-object', 'an array', file('[]'), /an array/],
    ['header-not-object', 'null', file('null'), /null/],
    ['header-not-object', 'a string', file('"a"'), /"a"/],
    [
      'duplicate-key',
      'two tensors of one name',
      file(`{"a":${tensorJson('U8', '[1]', 0, 1)},"a":${tensorJson('U8', '[1]', 0, 1)}}`, [1]),
      /"a" twice/,
    ],
    [
      'duplicate-key',
      'an escaped second name',
      file(String.raw`{"__metadata__":{},"\u005f_metadata__":{}}`),
      /"__metadata__" twice/,
    ],
    ['duplicate-key', 'a metadata key twice', file('{"__metadata__":{"k":"1","k":"2"}}'), /"k" twice/],
    [
      'duplicate-key',
      'two shapes',
      file('{"a":{"dtype":"U8","shape":[1],"shape":[0],"data_offsets":[0,0]}}'),
      /"shape" twice/,
    ],
    ['invalid-metadata', 'metadata that is a number', file('{"__metadata__":{"epoch":3}}'), /holds 3 under "epoch"/],
    ['invalid-metadata', 'metadata that is null', file('{"__metadata__":{"epoch":null}}'), /holds null under "epoch"/],
    ['invalid-metadata', 'nested metadata', file('{"__metadata__":{"a":{"b":"c"}}}'), /holds an object under "a"/],
    ['invalid-metadata', 'metadata that is an array', file('{"__metadata__":["a"]}'), /an array instead of an object/],
    ['invalid-entry', 'an entry that is no object', file('{"a":[]}'), /entry of tensor "a" is an array/],
    [
      'invalid-entry',
      'an entry without dtype',
      file('{"a":{"shape":[],"data_offsets":[0,0]}}'),
      /dtype of tensor "a" is missing/,
    ],
    [
      'invalid-entry',
      'a dtype that is a number',
      file('{"a":{"dtype":1,"shape":[],"data_offsets":[0,0]}}'),
      /dtype of tensor "a" is 1/,
    ],
    [
      'invalid-entry',
      'an entry without shape',
      file('{"a":{"dtype":"U8","data_offsets":[0,1]}}', [1]),
      /shape of tensor "a" is missing/,
    ],
    [
      'invalid-entry',
      'a shape that is an object',
      file(`{"a":${tensorJson('U8', '{}', 0, 0)}}`),
      /shape of tensor "a" is an object/,
    ],
    [
      'invalid-entry',
      'an entry without offsets',
      file('{"a":{"dtype":"U8","shape":[0]}}'),
      /data_offsets of tensor "a" is missing/,
    ],
    [
      'unknown-dtype',
      'a dtype of another format',
      file(`{"a":${tensorJson('float32', '[1]', 0, 4)}}`, [0, 0, 0, 0]),
      /"float32".*F32/,
    ],
    [
      'unknown-dtype',
      'a dtype named like a member of every object',
      file(`{"a":${tensorJson('constructor', '[0]', 0, 0)}}`),
      /constructor/,
    ],
    ['unknown-dtype', 'a dtype in lower case', file(`{"a":${tensorJson('f32', '[0]', 0, 0)}}`), /"f32"/],
    ['invalid-shape', 'a negative length', file(`{"a":${tensorJson('U8', '[-1]', 0, 1)}}`, [1]), /contains -1/],
    ['invalid-shape', 'two negative lengths', file(`{"a":${tensorJson('U8', '[-1,-1]', 0, 1)}}`, [1]), /contains -1/],
    ['invalid-shape', 'a negative zero', file(`{"a":${tensorJson('U8', '[-0]', 0, 0)}}`), /contains/],
    ['invalid-shape', 'a fraction', file(`{"a":${tensorJson('F32', '[0.5,2]', 0, 4)}}`, [0, 0, 0, 0]), /contains 0.5/],
    [
      'invalid-shape',
      'a length that is a string',
      file(`{"a":${tensorJson('U8', '["1"]', 0, 1)}}`, [1]),
      /contains "1"/,
    ],
    ['invalid-shape', 'an infinite length', file(`{"a":${tensorJson('U8', '[1e999]', 0, 1)}}`, [1]), /contains/],
    ['invalid-offsets', 'one offset', file('{"a":{"dtype":"U8","shape":[],"data_offsets":[0]}}', [1]), /\[0\]/],
    [
      'invalid-offsets',
      'three offsets',
      file('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1,2]}}', [1]),
      /\[0, 1, 2\]/,
    ],
    ['invalid-offsets', 'offsets backwards', file(`{"a":${tensorJson('U8', '[0]', 1, 0)}}`, [1]), /\[1, 0\]/],
    ['invalid-offsets', 'a negative offset', file(`{"a":${tensorJson('U8', '[1]', -1, 0)}}`, [1]), /\[-1, 0\]/],
    [
      'invalid-offsets',
      'an offset that is a string',
      file(`{"a":${tensorJson('U8', '[1]', '"0"', 1)}}`, [1]),
      /\["0", 1\]/,
    ],
    [
      'size-overflow',
      'a shape whose product is above 2^53',
      file(`{"a":${tensorJson('U8', '[4294967296,4294967296]', 0, 0)}}`),
      /larger than any/,
    ],
    [
      'size-overflow',
      'a product that wraps around to 0 in 64 bits',
      file(`{"a":${tensorJson('U8', '[4294967296,4294967296,4]', 0, 0)}}`),
      /larger than any/,
    ],
    [
      'size-overflow',
      'a length above 2^53',
      file(`{"a":${tensorJson('U8', '[9007199254740993]', 0, 0)}}`),
      /larger than any/,
    ],
    [
      'size-overflow',
      'more bytes than 2^53',
      file(`{"a":${tensorJson('F64', '[2251799813685248]', 0, 0)}}`),
      /larger than any/,
    ],
    [
      'size-mismatch',
      'too little data for a shape',
      file(`{"a":${tensorJson('F32', '[2]', 0, 4)}}`, [0, 0, 0, 0]),
      /has 4 bytes.*needs 8/,
    ],
    [
      'size-mismatch',
      'too much data for a shape',
      file(`{"a":${tensorJson('F32', '[]', 0, 8)}}`, [0, 0, 0, 0, 0, 0, 0, 0]),
      /has 8 bytes.*needs 4/,
    ],
    ['size-mismatch', 'data for an empty tensor', file(`{"a":${tensorJson('U8', '[3,0]', 0, 1)}}`, [1]), /needs 0/],
    ['hole', 'a hole in front', file(`{"a":${tensorJson('U8', '[1]', 1, 2)}}`, [1, 2]), /bytes 0 to 1/],
    [
      'hole',
      'a hole between',
      file(two(tensorJson('U8', '[1]', 0, 1), tensorJson('U8', '[1]', 2, 3)), [1, 2, 3]),
      /bytes 1 to 2/,
    ],
    [
      'overlap',
      'one tensor over another',
      file(two(tensorJson('U8', '[2]', 0, 2), tensorJson('U8', '[2]', 1, 3)), [1, 2, 3]),
      /begins at 1.*ends at 2/,
    ],
    [
      'overlap',
      'one piece of data for two tensors',
      file(two(tensorJson('U8', '[1]', 0, 1), tensorJson('U8', '[1]', 0, 1)), [1]),
      /begins at 0/,
    ],
    [
      'overlap',
      'an empty tensor inside of another',
      file(two(tensorJson('U8', '[2]', 0, 2), tensorJson('U8', '[0]', 1, 1)), [1, 2]),
      /begins at 1/,
    ],
    [
      'data-past-end',
      'data that was cut off',
      file(`{"a":${tensorJson('U8', '[3]', 0, 3)}}`, [1, 2]),
      /ends at 3, the data at 2/,
    ],
    [
      'bytes-after-data',
      'something behind the data',
      file(`{"a":${tensorJson('U8', '[1]', 0, 1)}}`, [1, 2]),
      /1 bytes follow/,
    ],
    ['bytes-after-data', 'something behind no tensors', file('{}', [1]), /1 bytes follow/],
  ];

  it.each(cases)('%s: %s', (problem, _name, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(
      expect.objectContaining({ code: 'INVALID_FILE', problem, message: expect.stringMatching(message) }),
    );
  });

  it('with a message of bounded length, however long a name is', () => {
    const bytes = file(`{${JSON.stringify('n'.repeat(1_000_000))}:{}}`);
    expect(() => decodeSafetensors(bytes)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,200}$/) }),
    );
  });
});

describe('reading accepts', () => {
  it('a scalar, an empty tensor, an empty file', () => {
    const { tensors } = decodeSafetensors(
      file(`{"e":${tensorJson('F32', '[2,0]', 1, 1)},"s":${tensorJson('U8', '[]', 0, 1)}}`, [7]),
    );
    expect([...tensors.keys()]).toEqual(['s', 'e']);
    expect(tensors.get('s')).toEqual({ dtype: 'U8', shape: [], data: Uint8Array.of(7) });
    expect(tensors.get('e')).toEqual({ dtype: 'F32', shape: [2, 0], data: new Float32Array(0) });
    expect(decodeSafetensors(file('{}'))).toEqual({ tensors: new Map(), metadata: new Map() });
  });

  it('names that objects have by birth, without touching any object', () => {
    const header = `{"__metadata__":{"__proto__":"m"},"__proto__":${tensorJson('U8', '[1]', 0, 1)},"constructor":${tensorJson('U8', '[1]', 1, 2)}}`;
    const { tensors, metadata } = decodeSafetensors(file(header, [1, 2]));
    expect([...tensors.keys()]).toEqual(['__proto__', 'constructor']);
    expect([...metadata]).toEqual([['__proto__', 'm']]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('white space around and inside of the header, and fields it does not know', () => {
    const bytes = file(` \n{ "a" : {"dtype":"U8", "extra":{"x":[1,{}]},\t"shape":[1],"data_offsets":[0,1]} } `, [5]);
    expect(decodeSafetensors(bytes).tensors.get('a')!.data).toEqual(Uint8Array.of(5));
  });

  it('bytes inside of a larger buffer at an odd place, and lets them go', () => {
    const good = encodeSafetensors({ a: { dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) } });
    const larger = new Uint8Array(good.length + 10);
    larger.set(good, 3);
    const { tensors } = decodeSafetensors(larger.subarray(3, 3 + good.length));
    larger.fill(0);
    expect(tensors.get('a')!.data).toEqual(Float64Array.of(Math.PI));
  });

  it("Node's buffers, copying them too", () => {
    const bytes = Buffer.from(encodeSafetensors({ a: { dtype: 'U8', shape: [2], data: Uint8Array.of(1, 2) } }));
    const { tensors } = decodeSafetensors(bytes);
    bytes.fill(0);
    expect(tensors.get('a')!.data).toEqual(Uint8Array.of(1, 2));
    expect(Buffer.isBuffer(tensors.get('a')!.data)).toBe(false);
  });
});

describe('writing', () => {
  const u8 = (...values: number[]): SafetensorsTensor => ({
    dtype: 'U8',
    shape: [values.length],
    data: Uint8Array.from(values),
  });
  const headerOf = (bytes: Uint8Array): string =>
    new TextDecoder().decode(bytes.subarray(8, 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))));

  it('puts the largest alignment first, then names by code point, in a header padded to 8', () => {
    const header = headerOf(
      encodeSafetensors({
        '\u{1F600}': u8(1),
        '\uFFFD': u8(2),
        '10': u8(3),
        '9': u8(4),
        z: { dtype: 'F32', shape: [], data: Float32Array.of(1) },
        y: { dtype: 'I64', shape: [1], data: BigInt64Array.of(-1n) },
      }),
    );
    expect([...header.matchAll(/"([^"]+)":\{/g)].map(([, name]) => name)).toEqual([
      'y',
      'z',
      '10',
      '9',
      '\uFFFD',
      '\u{1F600}',
    ]);
    expect(new TextEncoder().encode(header).length % 8).toBe(0);
  });

  it('gives equal bytes for equal content in another order, from maps and from objects', () => {
    const a = encodeSafetensors({ x: u8(1), y: u8(2) }, { k: 'v', j: 'w' });
    const b = encodeSafetensors(
      new Map([
        ['y', u8(2)],
        ['x', u8(1)],
      ]),
      new Map([
        ['j', 'w'],
        ['k', 'v'],
      ]),
    );
    expect(b).toEqual(a);
    expect(headerOf(a)).toMatch(/^\{"__metadata__":\{"j":"w","k":"v"\},"x":/);
  });

  it('writes the view that it was given, not the buffer behind it', () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const bytes = encodeSafetensors({ a: { dtype: 'F32', shape: [2], data } });
    expect(decodeSafetensors(bytes).tensors.get('a')!.data).toEqual(Float32Array.of(2, 3));
  });

  it.each<[string, () => Uint8Array, string, RegExp]>([
    [
      'a tensor named __metadata__',
      () => encodeSafetensors({ __metadata__: u8(1) }),
      'INVALID_ARGUMENT',
      /__metadata__/,
    ],
    [
      'half a surrogate pair in a name',
      () => encodeSafetensors({ '\uD800': u8(1) }),
      'INVALID_ARGUMENT',
      /well-formed/,
    ],
    [
      'half a surrogate pair in metadata',
      () => encodeSafetensors({}, { a: '\uDC00' }),
      'INVALID_ARGUMENT',
      /well-formed/,
    ],
    [
      'metadata that is no string',
      () => encodeSafetensors({}, { a: 1 as never }),
      'INVALID_ARGUMENT',
      /"a" is no string/,
    ],
    [
      'an unknown dtype',
      () => encodeSafetensors({ a: { ...u8(1), dtype: 'X' as never } }),
      'INVALID_ARGUMENT',
      /dtype X/,
    ],
    [
      'an array of another type',
      () => encodeSafetensors({ a: { ...u8(1), dtype: 'F32' as never } }),
      'INVALID_ARGUMENT',
      /Uint8Array/,
    ],
    [
      'data that does not fill the shape',
      () => encodeSafetensors({ a: { ...u8(1), shape: [2] } as never }),
      'SHAPE_MISMATCH',
      /1 elements.*\[2\].*2/,
    ],
    [
      'a negative length',
      () => encodeSafetensors({ a: { ...u8(1), shape: [-1, -1] } as never }),
      'INVALID_ARGUMENT',
      /-1/,
    ],
    [
      'a header above the limit',
      () => encodeSafetensors({}, { a: 'x'.repeat(100_000_000) }),
      'INVALID_ARGUMENT',
      /allows 100000000/,
    ],
  ])('refuses %s', (_name, write, code, message) => {
    expect(write).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

interface ReferenceCase {
  readonly id: string;
  readonly base64: string;
  readonly writer_golden?: boolean;
  readonly expect:
    | { readonly ok: false }
    | {
        readonly ok: true;
        readonly metadata?: Record<string, string>;
        readonly tensors: Record<string, { dtype: string; shape: number[]; values: number[] }>;
      };
}

const folder = referenceFolder();
const referenceCases: readonly ReferenceCase[] = folder
  ? (JSON.parse(readFileSync(`${folder}/safetensors_cases.json`, 'utf8')) as { cases: ReferenceCase[] }).cases
  : [];

describe.skipIf(!folder)("the reference implementation's files (skipped without the reference folder)", () => {
  it('are 25, 13 of them good, 8 of those as its writer makes them', () => {
    expect(referenceCases).toHaveLength(25);
    expect(referenceCases.filter((one) => one.expect.ok)).toHaveLength(13);
    expect(referenceCases.filter((one) => one.writer_golden)).toHaveLength(8);
  });

  it.each(referenceCases)('$id', ({ base64, expect: expected, writer_golden: isWriters }) => {
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    if (!expected.ok) {
      expect(() => decodeSafetensors(bytes)).toThrow(expect.objectContaining({ name: 'SafetensorsError' }));
      return;
    }
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect([...tensors.keys()].toSorted()).toEqual(Object.keys(expected.tensors).toSorted());
    for (const [name, { dtype, shape, values }] of Object.entries(expected.tensors)) {
      const found = tensors.get(name)!;
      expect({ dtype: found.dtype, shape: found.shape, values: Array.from(found.data, Number) }).toEqual({
        dtype,
        shape,
        values,
      });
    }
    expect(Object.fromEntries(metadata)).toEqual(expected.metadata ?? {});
    if (isWriters) expect(encodeSafetensors(tensors, metadata)).toEqual(bytes);
  });
});
