// A character model that is trained on the GPU: it learns what it learns on the CPU, and does not leak.
import { cpu } from '@unroll/backend-cpu';
import type { GpujsStatistics } from '@unroll/backend-gpujs';
import { Adam } from '@unroll/optim';
import { type Backend, Rng, keep, parametersOf, scope, tensor, withBackend } from '@unroll/tensor';
import { GruCell, scan } from '@unroll/cells';
import { Linear, crossEntropy, meanSquaredError } from '@unroll/layers';
import { valueAndGrad } from '@unroll/autograd';
import { describe, expect, it } from 'vitest';
import { CharLm } from '../../shared/char-lm.ts';
import { TOY_SYMBOLS, toyText } from '../../shared/toy-text.ts';
import { full, missing, mode, theBackend, title } from './setting.ts';

const [BATCH, TIME] = [4, 12];
const STEPS = 200;
/** Of the watch on memory. */
const LONG = 10_000;

/** Trains on one upload and one read per step; gives all losses. */
async function train(backend: Backend, steps: number, { hidden = 16, after = () => {} } = {}): Promise<number[]> {
  const text = toyText(4000);
  const { model, optimizer } = withBackend(backend, () => {
    const model = new CharLm({ cell: 'lstm', symbols: TOY_SYMBOLS, embedding: 6, hidden, rng: new Rng(1) });
    return { model, optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.01 }) };
  });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = withBackend(backend, () =>
      scope(() => {
        const rows = Array.from({ length: BATCH }, (_, i) => {
          const start = (i * 997 + step * TIME) % (text.length - TIME - 1);
          return [...text.subarray(start, start + TIME + 1)];
        });
        const batch = tensor(rows, { dtype: 'int32' });
        const { value, grads } = valueAndGrad(
          () => crossEntropy(model.forward(batch.slice(1, 0, TIME))[0], batch.slice(1, 1, TIME)),
          optimizer.parameters,
        );
        optimizer.step(grads);
        return keep(value);
      }),
    );
    losses.push((await loss.data())[0]!);
    loss.dispose();
    after();
  }
  for (const { value } of parametersOf(model)) value.dispose();
  return losses;
}

describe.skipIf(missing)(`a character model trained on ${title}`, () => {
  it(`has the CPU's loss at each of ${STEPS} steps, within 1e-3`, async ({ task }) => {
    const [expected, actual] = [await train(cpu(), STEPS), await train(await theBackend(), STEPS)];
    const differences = actual.map((loss, i) => Math.abs(loss - expected[i]!));
    expect(actual.at(-1)).toBeLessThan(0.7 * actual[0]!);
    expect(Math.max(...differences)).toBeLessThan(1e-3);
    const figures = { steps: STEPS, first: actual[0], last: actual.at(-1), farthest: Math.max(...differences) };
    task.meta.gpu = { what: 'figures', mode, figures: { curve: figures } };
  });

  it('sends up what is in a batch, and reads one number back in each step; textures are as many after each', async ({
    task,
  }) => {
    const backend = await theBackend();
    const steps = full ? (mode === 'webgl2' ? LONG : 500) : 30;
    const before: GpujsStatistics[] = [backend.statistics()];
    const after = (): void => void before.push(backend.statistics());
    await train(backend, steps, { hidden: full ? 4 : 16, after });
    // The first steps make what the others use again.
    const perStep = before.slice(1).map((now, i) => ({
      uploads: now.uploads - before[i]!.uploads,
      downloads: now.downloads - before[i]!.downloads,
      dispatches: now.dispatches - before[i]!.dispatches,
    }));
    const settled = before.slice(4);
    const textures = settled.map((now) => now.textures);
    task.meta.gpu = {
      what: 'figures',
      mode,
      figures: {
        transfers: perStep.at(-1),
        memory: { steps, textures: `${textures[0]}, ${Math.max(...textures)}, ${textures.at(-1)}` },
      },
    };
    for (const { uploads, downloads } of perStep.slice(3)) {
      expect({ uploads, downloads }).toEqual({ uploads: 1, downloads: 1 });
    }
    expect(new Set(textures)).toEqual(new Set([textures[0]]));
    expect(new Set(settled.map(({ handles }) => handles)).size).toBe(1);
    expect(new Set(settled.map(({ kernels }) => kernels)).size, 'kernels that are kept').toBe(1);
  }, 3_600_000);

  it('sends one array up and reads one number back in each step of a regression', async ({ task }) => {
    const backend = await theBackend();
    const { cell, output, optimizer } = withBackend(backend, () => {
      const cell = new GruCell({ inputSize: 3, hiddenSize: 6, rng: new Rng(1) });
      const output = new Linear({ inputSize: 6, outputSize: 3, rng: new Rng(2) });
      const parameters = parametersOf({ cell, output });
      return { cell, output, optimizer: new Adam({ parameters, learningRate: 0.01 }) };
    });
    const rng = new Rng(3);
    const counts: object[] = [];
    for (let step = 0; step < 8; step++) {
      const before = backend.statistics();
      const loss = withBackend(backend, () =>
        scope(() => {
          const series = rng.normal([2, 6, 3]);
          const [inputs, targets] = [series.slice(1, 0, 5), series.slice(1, 1, 5)];
          const predict = () => meanSquaredError(output.forward(scan(cell, inputs)[0]), targets);
          const { value, grads } = valueAndGrad(predict, optimizer.parameters);
          optimizer.step(grads);
          return keep(value);
        }),
      );
      expect((await loss.data())[0]).toBeGreaterThan(0);
      loss.dispose();
      const now = backend.statistics();
      counts.push({ uploads: now.uploads - before.uploads, downloads: now.downloads - before.downloads });
    }
    expect(counts.slice(2)).toEqual(Array.from({ length: 6 }, () => ({ uploads: 1, downloads: 1 })));
    task.meta.gpu = { what: 'figures', mode, figures: { regression: counts.at(-1) } };
  });
});
