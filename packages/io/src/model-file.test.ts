import { runInNewContext } from 'node:vm';
import { Parameter, tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeModel, decodeSafetensors, encodeModel, encodeSafetensors, loadStateDict } from './index.ts';

const model = (...weight: number[]): { weight: Parameter } => ({ weight: new Parameter(tensor(weight)) });

describe('a model file', () => {
  it('gives back configuration, values and metadata', async () => {
    const bytes = await encodeModel({
      model: model(1, 2),
      config: { hiddenSize: 2, vocabulary: { toJSON: () => ({ tokens: ['a', '\n', '😀', '\uD800'] }) } },
      metadata: { license: 'MIT' },
    });
    const { config, state, metadata } = decodeModel(bytes);
    expect(config).toEqual({ hiddenSize: 2, vocabulary: { tokens: ['a', '\n', '😀', '\uD800'] } });
    expect([...metadata]).toEqual([['license', 'MIT']]);
    const copy = model(0, 0);
    loadStateDict(copy, state);
    expect([...copy.weight.value.dataSync()]).toEqual([1, 2]);
  });

  it('may come as `response.arrayBuffer()` gives it', async () => {
    const bytes = await encodeModel({ model: model(3), config: null });
    expect(decodeModel(Uint8Array.from(bytes).buffer)).toEqual(decodeModel(bytes));
    // Of another realm, as a frame or a test runner is.
    const foreign = runInNewContext('new ArrayBuffer(length)', { length: bytes.length }) as ArrayBuffer;
    new Uint8Array(foreign).set(bytes);
    expect(decodeModel(foreign)).toEqual(decodeModel(bytes));
  });

  it('holds any JSON as configuration', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (config) => {
        const normal: unknown = JSON.parse(JSON.stringify(config));
        expect(decodeModel(await encodeModel({ model: model(1), config })).config).toEqual(normal);
      }),
    );
  });

  it('is a safetensors file with the format in its metadata, the same bytes for the same model', async () => {
    const bytes = await encodeModel({ model: model(1), config: { a: 1 } });
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect([...tensors.keys()]).toEqual(['weight']);
    expect(Object.fromEntries(metadata)).toEqual({ format: 'unroll', format_version: '1', config: '{"a":1}' });
    expect(await encodeModel({ model: model(1), config: { a: 1 } })).toEqual(bytes);
  });
});

describe('writing a model refuses', () => {
  it.each([
    ['NaN', { rate: NaN }, /NaN under "rate"/],
    ['infinity in an array', { rates: [1, -Infinity] }, /-Infinity under "1"/],
    ['a function', { score: () => 1 }, /Function under "score"/],
    ['a bigint', { seed: 1n }, /BigInt under "seed"/],
    ['a map', { tags: new Map() }, /Map under "tags"/],
    ['a typed array', { ids: Int32Array.of(1) }, /Int32Array under "ids"/],
    ['undefined', undefined, /undefined/],
  ])('%s in the configuration, which JSON would lose', async (_name, config, message) => {
    await expect(encodeModel({ model: model(1), config })).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(message) }),
    );
  });

  it('a metadata key of its own', async () => {
    await expect(encodeModel({ model: model(1), config: {}, metadata: { config: '{}' } })).rejects.toThrow(
      /key config/,
    );
  });
});

describe('reading a model refuses', () => {
  const good = { format: 'unroll', format_version: '1', config: '{}' };
  it.each<[string, Record<string, string>, RegExp]>([
    ['weights of another program', { format: 'pt' }, /format pt.*loadStateDict/],
    ['a file without metadata', {}, /\(none\)/],
    ['a later version', { ...good, format_version: '2' }, /version 2.*reads 1.*Update/],
    ['a file without a version', { format: 'unroll', config: '{}' }, /version \(none\)/],
    ['a file without a configuration', { format: 'unroll', format_version: '1' }, /no configuration/],
    ['a configuration that is not JSON', { ...good, config: '{' }, /not JSON/],
  ])('%s', (_name, metadata, message) => {
    expect(() => decodeModel(encodeSafetensors({}, metadata))).toThrow(
      expect.objectContaining({ code: 'INVALID_FILE', message: expect.stringMatching(message) }),
    );
  });
});

it.each<[string, unknown]>([
  ['a path', 'model.safetensors'],
  ['a promise', Promise.resolve(new Uint8Array(9))],
  ['nothing', undefined],
])('%s in the place of bytes is told', (_, given) => {
  expect((): unknown => Reflect.apply(decodeModel, undefined, [given])).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message:
        'safetensors: no bytes were given. Give the content of a file: await readFile(path), or await response.arrayBuffer().',
    }),
  );
});
