import {
  type ChooseToken,
  LanguageModelCell,
  greedy,
  generate as generateTokens,
  sampled,
} from '@unroll/architectures';
import { LstmCell } from '@unroll/cells';
import { encodeSafetensors } from '@unroll/io';
import { Embedding, Linear } from '@unroll/layers';
import * as runtime from '@unroll/runtime';
import { Rng } from '@unroll/tensor';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compileModel } from './compile-model.ts';

const rng = new Rng(1);
const cell = new LanguageModelCell({
  embedding: new Embedding({ count: 7, size: 3, rng }),
  cell: new LstmCell({ inputSize: 3, hiddenSize: 5, rng }),
  output: new Linear({ inputSize: 5, outputSize: 7, rng }),
});
const file = await compileModel({ cell, dtype: 'int32', batches: [1, 2] });

/** The file with another text in its header, of the same length. */
function changed(from: string, to: string): Uint8Array<ArrayBuffer> {
  const text = Array.from(file, (byte) => String.fromCharCode(byte)).join('');
  expect(text).toContain(from);
  return Uint8Array.from(text.replaceAll(from, to), (letter) => letter.charCodeAt(0));
}

afterEach(() => vi.restoreAllMocks());

describe('load', () => {
  it('takes an array buffer, part of one, and the place of a file', async () => {
    const padded = new Uint8Array(file.length + 3);
    padded.set(file, 3);
    const url = `data:application/octet-stream;base64,${Buffer.from(file).toString('base64')}`;
    const sources = [file.slice().buffer, padded.subarray(3), url, new URL(url)];
    const models = await Promise.all(sources.map((source) => runtime.load(source)));
    const [first, ...others] = models.map((model) => model.stream().step([2]));
    for (const other of others) expect(other).toEqual(first);
  });

  it('refuses a file that is cut off, wherever', async () => {
    const length = fc.integer({ min: 0, max: file.length - 1 });
    await fc.assert(
      fc.asyncProperty(length, async (end) => {
        await expect(runtime.load(file.slice(0, end))).rejects.toMatchObject({
          name: 'RuntimeError',
          code: 'INVALID_FILE',
        });
      }),
    );
    await expect(runtime.load(new Uint8Array([...file, 0]))).rejects.toThrow(/bytes instead of/);
  });

  it('refuses another version, other files, and what is not there', async () => {
    const version = runtime.load(changed('"format_version":"1"', '"format_version":"9"'));
    await expect(version).rejects.toMatchObject({ code: 'UNSUPPORTED_VERSION' });
    await expect(version).rejects.toThrow(/format version 9; this release runs 1/);
    const weights = encodeSafetensors({ w: { dtype: 'F32', shape: [1], data: Float32Array.of(1) } });
    await expect(runtime.load(Uint8Array.from(weights))).rejects.toThrow(/no compiled model/);
    await expect(runtime.load(new TextEncoder().encode('<!doctype html><p>Not found</p>'))).rejects.toThrow(
      /safetensors/,
    );
    const page = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('', { status: 404 }));
    await expect(runtime.load('model.safetensors')).rejects.toThrow(/status 404/);
    expect(page).toHaveBeenCalledWith('model.safetensors');
  });

  it('refuses a damaged layout', async () => {
    await expect(runtime.load(changed('\\"programs\\":', '\\"programz\\":'))).rejects.toThrow(/no programs/);
    await expect(runtime.load(changed('\\"state\\":', '\\"stats\\":'))).rejects.toMatchObject({ code: 'INVALID_FILE' });
    await expect(runtime.load(changed('\\"streams\\":', '\\"streamz\\":'))).rejects.toMatchObject({
      code: 'INVALID_FILE',
    });
    await expect(runtime.load(changed('[\\"output.weight\\"', '[\\"output.weighs\\"'))).rejects.toThrow(/is missing/);
  });

  it('says what an engine lacks', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    await expect(runtime.load(file)).rejects.toMatchObject({ code: 'UNSUPPORTED_ENGINE' });
    vi.unstubAllGlobals();
    await expect(runtime.load(changed('\0asm\u0001', '\0asm\u0002'))).rejects.toThrow(/wasm-unsafe-eval/);
  });
});

describe('a stream', () => {
  it('goes on from a state, and begins anew', async () => {
    const stream = (await runtime.load(file)).stream();
    const first = stream.step([1]);
    const before = stream.state;
    expect(Object.keys(before)).toEqual(['h', 'c']);
    const second = stream.step([2]);
    stream.reset(before);
    expect(stream.step([2])).toEqual(second);
    stream.reset();
    expect(stream.step([1])).toEqual(first);
  });

  it('shares nothing with others, whose memory comes and goes', async () => {
    const model = await runtime.load(file);
    const alone = model.stream();
    const [a, b] = [alone.step([1]), alone.step([2])];
    const streams = Array.from({ length: 300 }, () => model.stream());
    expect(alone.step([3])).toEqual((alone.reset(), alone.step([1]), alone.step([2]), alone.step([3])));
    for (const each of streams) expect(each.step([1])).toEqual(a);
    for (const each of streams.slice(1)) each.dispose();
    expect(model.stream().step([1])).toEqual(a);
    expect(streams[0]!.step([2])).toEqual(b);
    expect(() => streams[1]!.step([1])).toThrow(/disposed/);
    streams[1]!.dispose();
    const again = [model.stream(), model.stream()];
    again[0]!.step([5]);
    expect(again[1]!.step([1])).toEqual(a);
  });

  it('holds as much memory after 10 000 steps and streams as before', async () => {
    const wasm = Reflect.get(globalThis, 'WebAssembly') as {
      Memory: { prototype: { grow: (pages: number) => number } };
    };
    const grow = vi.spyOn(wasm.Memory.prototype, 'grow');
    const model = await runtime.load(file);
    const stream = model.stream();
    const calls = grow.mock.calls.length;
    for (let t = 0; t < 10_000; t++) {
      stream.step([t % 7]);
      model.stream().dispose();
    }
    expect(grow.mock.calls.length).toBeLessThanOrEqual(calls + 1);
  });

  it('refuses what does not fit, and then is where it was', async () => {
    const model = await runtime.load(file);
    expect(() => model.stream({ batch: 3 })).toThrow(/batches of 1, 2, not 3/);
    const stream = model.stream({ batch: 2 });
    expect([stream.batch, stream.inputShape, stream.outputShape]).toEqual([2, [2, 1], [2, 7]]);
    const { state } = stream;
    expect(() => stream.step([1])).toThrow(/x has 1 elements; it should be \[2, 1\]/);
    expect(() => stream.step([1, 0.5])).toThrow(/element 1 is 0.5/);
    for (const token of [7, -1]) {
      const step = (): unknown => stream.step([token, 0]);
      expect(step).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      expect(step).toThrow(/out of range/);
    }
    expect(() => stream.reset({ h: state['h']! })).toThrow(/state.c has no elements/);
    expect(stream.state).toEqual(state);
    expect(stream.step([1, 2])).toEqual(model.stream({ batch: 2 }).step([1, 2]));
  });
});

describe('generate', () => {
  const ways: readonly (readonly [how: string, ofLibrary: () => ChooseToken, ofRuntime: () => runtime.ChooseToken])[] =
    [
      ['greedily', greedy, runtime.greedy],
      ...[{}, { temperature: 0.7 }, { topK: 3 }, { topP: 0.6 }, { temperature: 2, topK: 4, topP: 0.9 }].map(
        (options) =>
          [
            `with ${JSON.stringify(options)}`,
            () => sampled({ rng: new Rng(5), ...options }),
            () => runtime.sampled({ rng: new runtime.Rng(5), ...options }),
          ] as const,
      ),
    ];

  it.each(ways)('writes what generate of the library writes, %s', async (_, choose, chooseSmall) => {
    const expected: number[] = [];
    for await (const token of generateTokens({ cell, prompt: [1, 4], length: 40, choose: choose() }))
      expected.push(token);
    const stream = (await runtime.load(file)).stream();
    expect([...runtime.generate({ stream, prompt: [1, 4], length: 40, choose: chooseSmall() })]).toEqual(expected);
  });

  it('refuses an empty prompt', async () => {
    const stream = (await runtime.load(file)).stream();
    expect(() => [...runtime.generate({ stream, prompt: [], choose: runtime.greedy() })]).toThrow(/prompt is empty/);
  });
});
