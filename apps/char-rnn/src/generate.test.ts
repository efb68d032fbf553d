import { cpu } from '@unroll/backend-cpu';
import { Stream } from '@unroll/cells';
import { Rng, tensor, withBackend, setBackend, getBackend } from '@unroll/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untrained } from '../test/models.ts';
import { type GenerateOptions, generate } from './generate.ts';

const backend = cpu();
const before = getBackend();
beforeAll(() => setBackend(backend));
afterAll(() => setBackend(before));

async function write(options: Partial<GenerateOptions> & { readonly seed?: number }, text = 'abc\n'): Promise<string> {
  const { seed = 1, ...rest } = options;
  let written = '';
  const characterModel = rest.model && rest.vocabulary ? undefined : untrained(text);
  const all = { ...characterModel, length: 60, rng: new Rng(seed), ...rest } as GenerateOptions;
  for await (const character of generate(all)) {
    written += character;
  }
  return written;
}

describe('generate', () => {
  it('writes the same text for the same seed, and others for others', async () => {
    const text = await write({ seed: 1 });
    expect(text).toHaveLength(60);
    expect(await write({ seed: 1 })).toBe(text);
    expect(await write({ seed: 2 })).not.toBe(text);
  });

  it('needs no chance at temperature 0', async () => {
    expect(await write({ seed: 1, temperature: 0 })).toBe(await write({ seed: 2, temperature: 0 }));
  });

  it('goes on from the prime, which it does not repeat', async () => {
    const characterModel = untrained('abc\n');
    const first = await write({ ...characterModel, prime: 'ab', temperature: 0, length: 5 });
    const rest = await write({ ...characterModel, prime: `ab${first.slice(0, 2)}`, temperature: 0, length: 3 });
    expect(rest).toBe(first.slice(2));
  });

  it('begins as after an empty line without a prime, and with any character where there are no lines', async () => {
    const characterModel = untrained('abc\n');
    expect(await write({ ...characterModel, prime: '' })).toBe(await write({ ...characterModel, prime: '\n\n' }));
    expect(await write({ length: 5 }, 'abc')).toMatch(/^[abc]{5}$/);
  });

  it('takes a prime of unknown characters, and never writes "unknown"', async () => {
    const { model, vocabulary } = untrained('abc\n');
    // All others have become unlikely.
    const bias = [9, 0, 0, 0, 0];
    model.output.bias!.value = tensor(bias.slice(0, vocabulary.size));
    expect(await write({ model, vocabulary, prime: 'Ω≈ç√' })).toMatch(/^[abc\n]{60}$/);
  });

  it('reads character by character what the model reads as a whole', () => {
    const { model } = untrained('abc\n', { cell: 'lstm', layers: 2 });
    const text = Int32Array.of(1, 3, 2, 4, 0, 2);
    const [logits] = model.forward(tensor(text, { shape: [1, 6] }));
    const stream = new Stream({ cell: model.stepwise() });
    for (const [t, token] of text.entries()) {
      const step = stream.step(tensor(Int32Array.of(token), { shape: [1, 1] }));
      expect(
        step
          .sub(logits.slice(1, t, 1).squeeze(1))
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-6);
    }
  });

  it('stops when the signal says so', async () => {
    await expect(write({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  it('writes nothing for length 0', async () => {
    expect(await write({ length: 0 })).toBe('');
  });

  it('frees what it makes, also when it is left early', async () => {
    const characterModel = withBackend(backend, () => untrained('abc\n', { cell: 'lstm', layers: 2 }));
    const { buffers, liveBytes } = backend.memory();
    await write({ ...characterModel, length: 200, prime: 'abc' });
    expect(backend.memory()).toMatchObject({ buffers, liveBytes });
    for await (const _ of generate({ ...characterModel, length: 10, rng: new Rng(1) })) break;
    expect(backend.memory()).toMatchObject({ buffers, liveBytes });
  });

  it('refuses options out of range', async () => {
    await expect(write({ temperature: -1 })).rejects.toThrow('temperature is -1');
    await expect(write({ topK: 0 })).rejects.toThrow('topK is 0');
  });
});
