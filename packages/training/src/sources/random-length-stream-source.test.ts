import { Sgd } from '@unroll/optim';
import { Parameter, Rng, tensor } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, stepsOf } from '../../test/collect.ts';
import { fit, randomLengthStreamSource } from '../index.ts';

const text = Int32Array.from({ length: 403 }, (_, i) => i);

describe('chunks of random length', () => {
  it('are the streams of the text, without a gap, pass after pass, each token after its input', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }), (seed, batch, time) => {
        const source = randomLengthStreamSource(text, { batch, time, rng: new Rng(seed) });
        const length = Math.floor((text.length - 1) / batch);
        let position = 0;
        for (let i = 0; i < 60; i++) {
          const { batch: chunk, reset, learningRateScale } = source.next();
          const steps = chunk.inputs.shape[1]!;
          if (reset) {
            // At most one step is left out at the end of a pass.
            if (i > 0) expect(length - position).toBeLessThan(2);
            position = 0;
          }
          expect(reset).toBe(position === 0);
          const inputs = chunk.inputs.dataSync();
          for (let row = 0; row < batch; row++) {
            for (let t = 0; t < steps; t++) expect(inputs[row * steps + t]).toBe(row * length + position + t);
          }
          expect(chunk.targets.sub(chunk.inputs).equal(1).cast('float32').mean().item()).toBe(1);
          expect(learningRateScale).toBe(steps / time);
          position += steps;
        }
      }),
      { numRuns: 25 },
    );
  });

  it('are about as long as asked, sometimes half as long, and never shorter than the shortest', () => {
    const long = Int32Array.from({ length: 200_000 }, () => 0);
    const source = randomLengthStreamSource(long, { batch: 1, time: 70, rng: new Rng(1) });
    const lengths = Array.from({ length: 2000 }, () => source.next().batch.inputs.shape[1]!);
    const usual = lengths.filter((steps) => steps > 52);
    expect(usual.reduce((a, b) => a + b) / usual.length).toBeCloseTo(69.5, 0);
    expect(1 - usual.length / lengths.length).toBeCloseTo(0.05, 1);
    expect(usual.length).toBeLessThan(lengths.length);
    const short = randomLengthStreamSource(long, { batch: 1, time: 6, deviation: 9, shortest: 3, rng: new Rng(1) });
    expect(Math.min(...Array.from({ length: 500 }, () => short.next().batch.inputs.shape[1]!))).toBe(3);
  });

  it('scale the learning rate of their step', async () => {
    const model = { w: new Parameter(tensor([0])) };
    const times: number[] = [];
    const run = fit({
      model,
      optimizer: new Sgd({ parameters: [model.w], learningRate: 0.5 }),
      source: randomLengthStreamSource(text, { batch: 2, time: 20, rng: new Rng(3) }),
      loss({ inputs }) {
        times.push(inputs.shape[1]!);
        return { loss: model.w.value.sum() };
      },
      steps: 8,
      rng: new Rng(1),
    });
    const steps = stepsOf(await collect(run));
    expect(new Set(times).size).toBeGreaterThan(3);
    expect(steps.map(({ learningRate }) => learningRate)).toEqual(times.map((time) => 0.5 * (time / 20)));
    expect(model.w.value.item()).toBeCloseTo(-steps.reduce((sum, { learningRate }) => sum + learningRate, 0), 5);
  });

  it('go on where a saved source stood, and refuse the state of other data', () => {
    const make = (batch = 2): ReturnType<typeof randomLengthStreamSource> =>
      randomLengthStreamSource(text, { batch, time: 9, rng: new Rng(3) });
    const source = make();
    for (let i = 0; i < 7; i++) source.next();
    const other = make();
    other.restore(source.state());
    for (let i = 0; i < 40; i++) {
      const [one, two] = [source.next(), other.next()];
      expect(two.batch.inputs.dataSync()).toEqual(one.batch.inputs.dataSync());
      expect(two.reset).toBe(one.reset);
    }
    expect(() => make(3).restore(source.state())).toThrow(expect.objectContaining({ code: 'STATE_MISMATCH' }));
    expect(() => randomLengthStreamSource(text.subarray(0, 4), { batch: 2, time: 9, rng: new Rng(1) })).toThrow(
      'the number of tokens is 4; it must be at least 5 for 2 streams',
    );
  });
});
