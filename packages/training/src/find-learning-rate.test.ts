import { cpu } from '@unroll/backend-cpu';
import { Adam } from '@unroll/optim';
import { Parameter, Rng, parametersOf, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { bowl } from '../test/bowl.ts';
import { findLearningRate, sampledSource } from './index.ts';

describe('the search for a learning rate', () => {
  it('suggests a rate that works: on ½ w² gradient descent converges below 2', async () => {
    const { model, optimizer, source, loss, rng } = bowl();
    const { points, suggestion, lowest } = await findLearningRate({ model, optimizer, source, loss, rng, steps: 200 });
    expect(points[0]!.learningRate).toBeCloseTo(1e-6, 12);
    expect(points[1]!.learningRate / points[0]!.learningRate).toBeCloseTo(1e7 ** (1 / 199), 10);
    expect(suggestion).toBeGreaterThan(1e-3);
    expect(suggestion).toBeLessThan(2);
    expect(lowest).toBeGreaterThan(suggestion!);
  });

  it('is for Adam where no optimizer is given, whose memory is given back', async () => {
    const backend = cpu();
    const model = { w: new Parameter(tensor([4], { backend })) };
    const loss = () => ({ loss: model.w.value.square().sum() });
    const { source, rng } = bowl();
    const run = { model, source, loss, rng, steps: 20 };
    const given = await findLearningRate({ ...run, optimizer: new Adam({ parameters: parametersOf(model) }) });
    const held = backend.memory().liveBytes;
    expect(await findLearningRate(run)).toEqual(given);
    expect(backend.memory().liveBytes).toBe(held);
  });

  it('refuses a model without parameters where no optimizer is given', async () => {
    const { source, loss, rng } = bowl();
    const search = findLearningRate({ model: {}, source, loss, rng });
    await expect(search).rejects.toThrow('findLearningRate: the model has no parameters that could be trained');
  });

  it('does not take the noise of the first batches for a fall', async () => {
    const noisy = bowl({
      loss: (_, { step }) => ({
        loss: noisy.model.w.value
          .square()
          .sum()
          .mul(0.5)
          .add(step === 0 ? 5 : 0),
      }),
    });
    expect((await findLearningRate({ ...noisy, steps: 100 })).suggestion).toBeGreaterThan(1e-3);
  });

  it('stops where the loss grows, or is no longer finite', async () => {
    const run = bowl();
    const { points } = await findLearningRate({ ...run, steps: 100, from: 0.1, to: 1e6, smoothing: 0 });
    expect(points.length).toBeLessThan(60);
    const exploding = bowl({
      loss: (_, { step }) => ({
        loss: exploding.model.w.value
          .square()
          .sum()
          .add(step === 40 ? NaN : 0),
      }),
    });
    const curve = await findLearningRate({ ...exploding, steps: 100, to: 0.1 });
    expect(curve.points.length).toBe(40);
    expect(curve.points.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });

  it('leaves weights, optimizer, source and random numbers as they were', async () => {
    const model = { w: new Parameter(tensor([4, 5])) };
    const optimizer = new Adam({ parameters: parametersOf(model), learningRate: 0.1 });
    const source = sampledSource({ sample: (rng) => rng.next(), rng: new Rng(1) });
    const rng = new Rng(2);
    const loss = (x: number): { loss: ReturnType<typeof tensor> } => ({ loss: model.w.value.mul(x).square().sum() });
    optimizer.step([tensor([1, 2])]);
    source.next();
    const before = [await optimizer.state(), source.state(), rng.state(), await model.w.value.data()];
    await findLearningRate({ model, optimizer, source, loss, rng, steps: 20 });
    expect([await optimizer.state(), source.state(), rng.state(), await model.w.value.data()]).toEqual(before);
  });

  it('may be aborted, and suggests nothing where nothing falls', async () => {
    const controller = new AbortController();
    const run = bowl({ loss: () => (controller.abort(), { loss: run.model.w.value.sum().mul(0).add(1) }) });
    const { points, suggestion } = await findLearningRate({ ...run, steps: 100, signal: controller.signal });
    expect(points.length).toBe(1);
    expect(suggestion).toBeUndefined();
  });

  it('refuses what makes no sense, and a loss that is never finite', async () => {
    await expect(findLearningRate({ ...bowl(), from: 1, to: 0.1 })).rejects.toThrow('to is 0.1; it must be above 1');
    await expect(findLearningRate({ ...bowl(), steps: 1 })).rejects.toThrow('steps is 1');
    const broken = bowl({ loss: () => ({ loss: broken.model.w.value.mul(NaN).sum() }) });
    await expect(findLearningRate(broken)).rejects.toThrow(expect.objectContaining({ code: 'NON_FINITE' }));
    expect(broken.model.w.value.item()).toBe(4);
  });
});
