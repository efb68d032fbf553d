import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { UnrollError } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { describe, expect, it } from 'vitest';
import { engine } from '../engine.ts';
import { Memory } from './memory.ts';

const MIB = 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects garbage until it is there, or for half a second. */
async function collectUntil(isThere: () => boolean): Promise<void> {
  for (let tries = 0; tries < 50 && !isThere(); tries++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function memoryOf(bytes = 64 * MIB): Memory {
  return new Memory(engine()!, bytes);
}

function floats(memory: Memory, ...values: readonly number[]): ReturnType<Memory['upload']> {
  return memory.upload(Float32Array.from(values), { shape: [values.length], dtype: 'float32' });
}

describe('Memory', () => {
  it('keeps what was written while it grows', () => {
    const memory = memoryOf();
    const first = floats(memory, 1, 2, 3);
    const before = memory.linear.bytes;
    const large = memory.make({ shape: [9 * MIB], dtype: 'float32' });
    expect(memory.linear.bytes).toBeGreaterThan(before);
    memory.fill(large, 7);
    expect(memory.download(first)).toEqual(Float32Array.of(1, 2, 3));
    expect(memory.download(large).at(-1)).toBe(7);
  });

  it('says so when the limit is reached, and goes on after something was freed', () => {
    const memory = memoryOf(8 * MIB);
    const large = memory.make({ shape: [MIB], dtype: 'float32' });
    const tooMuch = (): unknown => memory.make({ shape: [MIB], dtype: 'float32' });
    expect(tooMuch).toThrow(/out of memory: .* MiB more are needed .* the limit is 8\.0 MiB/);
    expect(memory.statistics.buffers).toBe(1);
    memory.free(large);
    expect(tooMuch).not.toThrow();
  });

  it('gives memory back with the last handle to it', () => {
    const memory = memoryOf();
    const first = floats(memory, 1, 2, 3);
    const { liveBytes } = memory.statistics;
    const second = memory.share(first, [3, 1]);
    expect(memory.statistics).toMatchObject({ buffers: 2, liveBytes });
    memory.free(first);
    expect(memory.download(second)).toEqual(Float32Array.of(1, 2, 3));
    memory.free(second);
    expect(memory.statistics).toMatchObject({ buffers: 0, liveBytes: 0, peakBytes: liveBytes });
  });

  it('refuses a buffer that was freed, and one of another backend', () => {
    const memory = memoryOf();
    const buffer = floats(memory, 1);
    memory.free(buffer);
    const refusal = expect.objectContaining({ code: 'USE_AFTER_DISPOSE' });
    expect(() => memory.free(buffer)).toThrow(refusal);
    expect(() => memory.address(buffer)).toThrow(refusal);
    expect(() => memory.share(buffer)).toThrow(refusal);
    for (const other of [floats(memoryOf(), 1), cpu().upload(Float32Array.of(1), { shape: [1], dtype: 'float32' })]) {
      expect(() => memory.address(other)).toThrow(expect.objectContaining({ code: 'BACKEND_MISMATCH' }));
    }
  });

  it('refuses everything once it was disposed', () => {
    const memory = memoryOf();
    const buffer = floats(memory, 1);
    memory.dispose();
    expect(() => memory.download(buffer)).toThrow(UnrollError);
    expect(() => floats(memory, 1)).toThrow(/was disposed/);
  });

  it('takes back what a program dropped without freeing it', async () => {
    const memory = memoryOf();
    const kept = floats(memory, 1, 2, 3);
    for (let i = 0; i < 20_000; i++) floats(memory, i);
    await collectUntil(() => memory.statistics.buffers <= 5000);
    // Young handles are not looked after yet.
    expect(memory.statistics.buffers).toBeLessThan(5000);
    expect(memory.download(kept)).toEqual(Float32Array.of(1, 2, 3));
  });

  it('takes back one large buffer that was dropped, after which nothing was made', async () => {
    const memory = memoryOf(256 * MIB);
    const large = { shape: [(150 * MIB) / 4], dtype: 'float32' } as const;
    memory.make(large);
    await collectUntil(() => memory.statistics.buffers === 0);
    expect(memory.statistics.buffers).toBe(0);
    memory.free(memory.make(large));
  });

  it('takes a buffer back once, however old it is when it is freed', () => {
    const memory = memoryOf();
    const early = floats(memory, 1);
    for (let i = 0; i < 3000; i++) memory.free(floats(memory, i));
    memory.free(early);
    const old = floats(memory, 2);
    for (let i = 0; i < 10_000; i++) memory.free(floats(memory, i));
    memory.free(old);
    expect(memory.statistics).toMatchObject({ buffers: 0, liveBytes: 0 });
    expect(() => memory.free(old)).toThrow(expect.objectContaining({ code: 'USE_AFTER_DISPOSE' }));
  });
});
