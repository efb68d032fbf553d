import { inferSignatures } from '@unroll/backend';
import { describe, expect, it, vi } from 'vitest';
import { wasm, wasmOn, wasmSync } from './wasm.ts';
import { type Engine, engine } from './engine.ts';
import { detectFeatures } from './features.ts';
import { cores } from './threads/platform.ts';

const host = engine()!;
const { relaxedSimd } = detectFeatures(host);
/** Workers run the sources as they are. */
const runsSources = Boolean(process.features.typescript);

/** An engine that refuses modules in which a byte sequence occurs. */
function engineWithout(...bytes: readonly number[]): Engine {
  const refused = (module: Uint8Array): boolean =>
    module.some((_, i) => bytes.every((byte, offset) => module[i + offset] === byte));
  return {
    ...Object.fromEntries(Object.getOwnPropertyNames(host).map((name) => [name, Reflect.get(host, name)])),
    validate: (module: Uint8Array<ArrayBuffer>) => !refused(module) && host.validate(module),
  } as Engine;
}

describe('wasm', () => {
  it('says what runs', async () => {
    const { name, description } = await wasm();
    expect(name).toBe('wasm');
    expect(description).toMatch(/^WebAssembly SIMD, one thread; relaxed SIMD: (used|not used|not in this engine)/);
    expect((await wasm({ relaxedSimd: false })).description).toMatch(/switched off$/);
  });

  it('is backend-cpu where there is no SIMD, and says so', async () => {
    const messages: string[] = [];
    // The prefix of vector instructions with the number of f32x4.add.
    const backend = await wasmOn(engineWithout(0xfd, 0xe4, 1), { onFallback: (message) => messages.push(message) });
    expect(messages).toEqual([expect.stringContaining('this engine has no WebAssembly SIMD')]);
    expect(backend.description).toContain('backend-cpu in the place of backend-wasm');
    const x = backend.upload(Float32Array.of(1, 2), { shape: [2], dtype: 'float32' });
    const [y] = backend.primitives.neg([x], {}, inferSignatures('neg', [x], {}));
    expect(backend.downloadSync(y!)).toEqual(Float32Array.of(-1, -2));
    expect(backend.memory().buffers).toBe(2);
  });

  it('is backend-cpu where there is no WebAssembly at all', async () => {
    const messages: string[] = [];
    await wasmOn(undefined, { onFallback: (message) => messages.push(message) });
    expect(messages).toEqual([expect.stringContaining('this engine has no WebAssembly')]);
  });

  it('does without relaxed SIMD, unless it was asked for', async () => {
    // The number of f32x4.relaxed_madd.
    const plain = engineWithout(0xfd, 0x85, 2);
    expect((await wasmOn(plain)).description).toContain('relaxed SIMD: not in this engine');
    await expect(wasmOn(plain, { relaxedSimd: true })).rejects.toThrow(/no relaxed SIMD/);
  });

  it.skipIf(!relaxedSimd)('uses relaxed SIMD if asked (skipped where the engine has none)', async () => {
    expect((await wasm({ relaxedSimd: true })).description).toContain('relaxed SIMD: asked for');
  });

  it('can be made without waiting', () => {
    const backend = wasmSync({ relaxedSimd: false });
    const x = backend.upload(Float64Array.of(1, 2), { shape: [2], dtype: 'float64' });
    const [y] = backend.primitives.add([x, x], {}, inferSignatures('add', [x, x], {}));
    expect(backend.downloadSync(y!)).toEqual(Float64Array.of(2, 4));
  });

  it.skipIf(!runsSources)('says how many threads there are (skipped where Node does not run TypeScript)', async () => {
    const said: string[] = [];
    const make = async (threads: number): Promise<string> => {
      const onFallback = (message: string): void => void said.push(message);
      const backend = await wasm({ threads, relaxedSimd: false, onFallback });
      backend.dispose();
      return backend.description;
    };
    expect(await make(1)).toContain(', one thread;');
    expect(await make(Infinity)).toMatch(cores() === 1 ? ', one thread;' : `, ${cores()} threads;`);
    expect(said).toEqual([]);
    expect(await make(cores() + 2)).toContain(`, ${cores()} of ${cores() + 2} threads;`);
    expect(said).toEqual([expect.stringMatching(/threads run: there are no more cores/)]);
  });

  it('runs one thread in a page that is not isolated, and says so', async () => {
    const said: string[] = [];
    vi.stubGlobal('crossOriginIsolated', false);
    try {
      const backend = await wasm({ threads: 2, relaxedSimd: false, onFallback: (message) => said.push(message) });
      expect(backend.description).toContain(', 1 of 2 threads;');
      expect(said).toEqual([expect.stringContaining('not cross-origin isolated')]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it.each([0, -1, 1.5, NaN])('refuses %d threads', async (threads) => {
    await expect(wasm({ threads })).rejects.toThrow(/threads must be a whole number/);
  });

  it('refuses a limit that is no size', async () => {
    await expect(wasm({ maximumBytes: 0 })).rejects.toThrow(/maximumBytes/);
  });

  it('is refused once it was disposed', async () => {
    const backend = await wasm({ relaxedSimd: false });
    const x = backend.upload(Float32Array.of(1), { shape: [1], dtype: 'float32' });
    backend.dispose();
    expect(() => backend.primitives.neg([x], {}, [x])).toThrow(/was disposed/);
  });
});
