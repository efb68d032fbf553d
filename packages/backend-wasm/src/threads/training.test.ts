import { spawnSync } from 'node:child_process';
import { valueAndGrad } from '@unroll/autograd';
import { GruCell, LstmCell, StackedCells, scan } from '@unroll/cells';
import { Rng, type Tensor, parametersOf, tensor, withBackend } from '@unroll/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import type { WasmBackend } from '../backend.ts';
import { type WasmOptions, wasm } from '../wasm.ts';

const backends: WasmBackend[] = [];
afterAll(() => backends.forEach((backend) => backend.dispose()));

async function backendWith(options: WasmOptions): Promise<WasmBackend> {
  const backend = await wasm({ relaxedSimd: false, onFallback: () => undefined, ...options });
  backends.push(backend);
  return backend;
}

interface Run {
  readonly step: () => Float32Array[];
}

/** A step of training two layers on `batch` sequences: loss, derivatives. */
function model(backend: WasmBackend, batch: number, time = 15): Run {
  return withBackend(backend, () => {
    const rng = new Rng(3);
    const cell = new StackedCells({
      cells: [
        new LstmCell({ inputSize: 24, hiddenSize: 40, rng }),
        new GruCell({ inputSize: 40, hiddenSize: 33, rng }),
      ],
    });
    const parameters = parametersOf(cell);
    const length = batch * time * 24;
    const xs = tensor(
      Float32Array.from({ length }, (_, i) => Math.sin(1.3 * i)),
      { shape: [batch, time, 24] },
    );
    const loss = (): Tensor => {
      const [ys] = scan(cell, xs);
      return ys.mul(ys).mean();
    };
    return {
      step: () =>
        withBackend(backend, () => {
          const { value, grads } = valueAndGrad(loss, parameters);
          const numbers = [value, ...grads].map((each) => each.dataSync() as Float32Array);
          for (const each of [value, ...grads]) each.dispose();
          return numbers;
        }),
    };
  });
}

describe('training with threads', () => {
  it('gives the same bits run to run', async () => {
    const [first, second] = [await backendWith({ threads: 2 }), await backendWith({ threads: 2 })];
    const expected = model(first, 37).step();
    for (let i = 0; i < 20; i++) expect(model(first, 37).step()).toEqual(expected);
    expect(model(second, 37).step()).toEqual(expected);
  });

  it('gives the same bits for a number of threads, however many cores there are', async () => {
    const expected = model(await backendWith({ threads: 5 }), 37).step();
    // Without a worker, everything runs here.
    const makeWorker = (): never => {
      throw new Error('no workers today');
    };
    const alone = await backendWith({ threads: 5, makeWorker });
    expect(alone.description).toContain('1 of 5 threads');
    expect(model(alone, 37).step()).toEqual(expected);
  });

  it('agrees with one thread', async () => {
    const expected = model(await backendWith({}), 37).step();
    const actual = model(await backendWith({ threads: 2 }), 37).step();
    for (const [i, array] of actual.entries()) {
      const scale = Math.max(...expected[i]!.map(Math.abs));
      for (const [j, value] of array.entries()) expect(Math.abs(value - expected[i]![j]!)).toBeLessThan(1e-6 * scale);
    }
  });

  it('needs no more memory after thousands of steps', async () => {
    const backend = await backendWith({ threads: 2 });
    const { step } = model(backend, 4, 3);
    for (let i = 0; i < 3; i++) step();
    const before = backend.memory();
    for (let i = 0; i < 2000; i++) step();
    expect(backend.memory()).toEqual(before);
  });
});

describe.skipIf(!process.features.typescript)('a process (skipped where Node does not run TypeScript)', () => {
  const source = new URL('../wasm.ts', import.meta.url).href;
  it.each([
    ['that only makes a backend', 'await wasm({ threads: 2 });'],
    ['that makes one without waiting', 'wasmSync({ threads: 2 });'],
    ['that makes one and is done with it', '(await wasm({ threads: 2 })).dispose();'],
    ['that has worked', 'const backend = await wasm({ threads: 2 }); multiply(backend);'],
    ['that has just begun to', 'const backend = wasmSync({ threads: 2 }); multiply(backend);'],
  ])('%s ends by itself', (_, code) => {
    const multiply = `function multiply(backend) {
      const signature = { shape: [256, 256], dtype: 'float32' };
      const x = backend.upload(new Float32Array(65536).fill(1), signature);
      const [y] = backend.primitives.matmul([x, x], { transposeA: false, transposeB: false }, [signature]);
      if (backend.downloadSync(y).some((value) => value !== 256)) throw new Error('wrong');
    }`;
    const script = `import { wasm, wasmSync } from ${JSON.stringify(source)}; ${multiply} ${code}`;
    const flags = ['--conditions=@unroll/source', '--input-type=module', '-e', script];
    const { status, stderr } = spawnSync(process.execPath, flags, { timeout: 60_000, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
