import { valueAndGrad } from '@unroll/autograd';
import { type Backend, profile } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { GruCell, LstmCell, StackedCells, scan } from '@unroll/cells';
import { Embedding, Linear, crossEntropy } from '@unroll/layers';
import type { Parameter } from '@unroll/tensor';
import { Rng, parametersOf, scope, tensor, withBackend } from '@unroll/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { gpujs } from './backend.ts';

const TEXT = 'the quick brown fox jumps over the lazy dog and runs away over the hills ';
const LETTERS = [...new Set(TEXT)];
const [BATCH, TIME] = [4, 6];

/** A language model of letters: a step of gradient descent on a batch gives the loss before it. */
function languageModel(backend: Backend): { readonly parameters: readonly Parameter[]; step(): Promise<number> } {
  return withBackend(backend, () => {
    const rng = new Rng(1);
    const embedding = new Embedding({ count: LETTERS.length, size: 6, rng });
    const cell = new StackedCells({
      cells: [new LstmCell({ inputSize: 6, hiddenSize: 9, rng }), new GruCell({ inputSize: 9, hiddenSize: 7, rng })],
    });
    const output = new Linear({ inputSize: 7, outputSize: LETTERS.length, rng });
    const parameters = parametersOf([embedding, cell, output]);
    let start = 0;
    const letters = (shift: number): Int32Array =>
      Int32Array.from({ length: BATCH * TIME }, (_, i) => {
        const place = start + Math.floor(i / TIME) * 13 + (i % TIME) + shift;
        return LETTERS.indexOf(TEXT[place % TEXT.length]!);
      });
    const step = async (): Promise<number> => {
      const loss = withBackend(backend, () =>
        scope(() => {
          const shape = [BATCH, TIME];
          const [xs, targets] = [0, 1].map((shift) => tensor(letters(shift), { shape, dtype: 'int32' }));
          const { value, grads } = valueAndGrad(() => {
            const [ys] = scan(cell, embedding.forward(xs!));
            return crossEntropy(output.forward(ys), targets!);
          }, parameters);
          for (const [i, parameter] of parameters.entries()) parameter.value = parameter.value.sub(grads[i]!.mul(0.5));
          return value;
        }),
      );
      start += 5;
      const [number] = await loss.data();
      loss.dispose();
      return number!;
    };
    return { parameters, step };
  });
}

for (const mode of ['cpu', 'webasm'] as const) {
  describe(`training on gpujs ${mode}`, async () => {
    const backend = await gpujs({ mode });
    afterAll(() => backend.dispose());

    it('follows training on backend-cpu: losses, and parameters after 20 steps', async () => {
      const [gpu, reference] = [languageModel(backend), languageModel(cpu())];
      for (let i = 0; i < 20; i++) expect(Math.abs((await gpu.step()) - (await reference.step()))).toBeLessThan(1e-5);
      for (const [i, { value }] of gpu.parameters.entries()) {
        const [actual, expected] = await Promise.all([value.data(), reference.parameters[i]!.value.data()]);
        for (const [j, number] of actual.entries()) expect(Math.abs(number - expected[j]!)).toBeLessThan(1e-4);
      }
    });

    it('reads one number back in each step, and uploads little more than letters', async () => {
      const profiled = profile(backend);
      const model = languageModel(profiled);
      for (let i = 0; i < 3; i++) await model.step();
      profiled.resetProfile();
      await model.step();
      const calls = (name: string): number => profiled.profile().find((row) => row.name === name)?.calls ?? 0;
      expect(calls('download') + calls('downloadSync')).toBe(1);
      // The letters, their successors, and some constants.
      expect(calls('upload')).toBeLessThan(10);
    });
  });
}

it('holds no more after a thousand steps', async () => {
  const backend = await gpujs({ mode: 'cpu' });
  const model = languageModel(backend);
  for (let i = 0; i < 10; i++) await model.step();
  const before = backend.statistics();
  for (let i = 0; i < 1000; i++) await model.step();
  const { buffers, handles, textures, bytes, kernels, compiled } = backend.statistics();
  expect({ buffers, handles, textures, bytes, kernels, compiled }).toEqual({
    buffers: before.buffers,
    handles: before.handles,
    textures: before.textures,
    bytes: before.bytes,
    kernels: before.kernels,
    compiled: before.compiled,
  });
  await backend.dispose();
});
