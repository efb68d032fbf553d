import type { Backend } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { gpujs } from '@unroll/backend-gpujs';
import { wasm } from '@unroll/backend-wasm';
import { LstmCell, scan } from '@unroll/cells';
import { Linear, crossEntropy, dropout } from '@unroll/layers';
import { Rng, castParameters, getBackend, namedParameters, setBackend, tensor } from '@unroll/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { choose } from './recommendation.ts';
import { type BackendRecommendation, explainRecommendation, recommendBackend } from '../index.ts';

const before = getBackend();
afterEach(() => setBackend(before));

const [batch, time, features] = [2, 5, 3];
const numbers = Array.from({ length: batch * time * features }, (_, i) => Math.sin(i));

/** A small recurrent model, made on the active backend. */
class Tagger {
  readonly cell: LstmCell;
  readonly output: Linear;

  constructor() {
    const rng = new Rng(1);
    this.cell = new LstmCell({ inputSize: features, hiddenSize: 4, rng });
    this.output = new Linear({ inputSize: 4, outputSize: 3, rng });
  }
}

const lossOf =
  (model: Tagger) =>
  ({ rng }: { readonly rng: Rng }) => {
    const xs = dropout(tensor(numbers, { shape: [batch, time, features] }), 0.2, rng);
    const targets = tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 0], { shape: [batch, time], dtype: 'int32' });
    return crossEntropy(model.output.forward(scan(model.cell, xs)[0]), targets);
  };

const valuesOf = (model: object): readonly (readonly [string, readonly number[]])[] =>
  namedParameters(model).map(([name, { value }]) => [name, [...value.dataSync()]]);

/** The clock of all tests here goes on by being looked at, and by products that take longer: not by what else the machine does. */
let clock = 0;
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => (clock += 0.01));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A backend whose products take longer. */
function slow(backend: Backend, milliseconds: number): Backend {
  const { matmul } = backend.primitives;
  return {
    ...backend,
    primitives: {
      ...backend.primitives,
      matmul: (...args) => {
        clock += milliseconds;
        return matmul(...args);
      },
    },
    compileLoop: () => ({ reason: 'so that products run as such' }),
  };
}

describe('recommendBackend', () => {
  it('chooses the one that trains in the least time, and says why in words', async () => {
    const model = new Tagger();
    const candidates = { slow: slow(cpu(), 1), quick: cpu() };
    const { backend, recommendation, explain } = await recommendBackend({ candidates, model, loss: lossOf(model) });
    expect(backend).toBe(candidates.quick);
    expect(recommendation.chosen).toBe('quick');
    expect(recommendation.calibrations.map(({ name }) => name)).toEqual(['slow', 'quick']);
    expect(explain()).toMatch(
      /^quick: the least time for a training step\.\n- slow: .* ms a step \(.*×\).*\n- quick: .* to compile$/,
    );
  });

  it('leaves parameters, rng and the active backend as they were, on their own backend', async () => {
    const home = await wasm({ threads: 1 });
    setBackend(home);
    const model = new Tagger();
    const values = valuesOf(model);
    const rng = new Rng(7);
    const state = rng.state();
    await recommendBackend({ candidates: { a: cpu(), b: () => cpu() }, model, loss: lossOf(model), rng });
    expect(valuesOf(model)).toEqual(values);
    expect(namedParameters(model).every(([, { value }]) => value.backend === home)).toBe(true);
    expect(rng.state()).toEqual(state);
    expect(getBackend()).toBe(home);
  });

  it('leaves no tensor behind on any backend', async () => {
    const home = cpu();
    setBackend(home);
    const model = new Tagger();
    const other = await wasm({ threads: 1 });
    const held = async (): Promise<readonly number[]> => {
      await recommendBackend({ candidates: { home, other }, model, loss: lossOf(model), steps: 2 });
      return [home.memory().buffers, other.memory().buffers];
    };
    // Numbers such as 1 and ½ are kept by a backend once they were used.
    const first = await held();
    expect(await held()).toEqual(first);
  });

  it('measures a backend of GPU.js as any other, and compiling apart', async () => {
    const model = new Tagger();
    const { recommendation } = await recommendBackend({
      candidates: { gpu: () => gpujs({ mode: 'cpu' }), cpu: cpu() },
      model,
      loss: lossOf(model),
      steps: 2,
    });
    const [gpu] = recommendation.calibrations;
    const figure: unknown = expect.any(Number);
    expect(gpu).toMatchObject({ name: 'gpu', steps: 2, stepMilliseconds: figure, compileMilliseconds: figure });
  });

  it('lists a candidate that fails with its reason, and chooses among the others', async () => {
    const model = new Tagger();
    const missing = (): never => {
      throw new Error('no device here');
    };
    const { recommendation, explain } = await recommendBackend({
      candidates: { missing, cpu: cpu() },
      model,
      loss: lossOf(model),
    });
    expect(recommendation.chosen).toBe('cpu');
    expect(explain()).toContain('- missing: no device here');
    await expect(recommendBackend({ candidates: { missing }, model, loss: lossOf(model) })).rejects.toMatchObject({
      code: 'NOT_AVAILABLE',
      message: expect.stringContaining('missing: no device here'),
    });
  });

  it('disposes of all that it made and did not choose, also where one of them fails to be', async () => {
    const model = new Tagger();
    const values = valuesOf(model);
    let disposed = 0;
    const good = () => ({ ...slow(cpu(), 1), dispose: () => void disposed++ });
    const bad = () => ({ ...good(), dispose: () => Promise.reject(new Error('the device is gone')) });
    const candidates = { bad, good, other: good, quick: cpu() };
    const { recommendation, explain } = await recommendBackend({ candidates, model, loss: lossOf(model), steps: 1 });
    expect([recommendation.chosen, disposed]).toEqual(['quick', 2]);
    expect(recommendation.calibrations[0]).toMatchObject({ disposeError: 'the device is gone' });
    expect(explain()).toContain('; could not be disposed of: the device is gone');
    expect(valuesOf(model)).toEqual(values);
  });

  it('does not dispose of the one chosen, whoever else gave it', async () => {
    const model = new Tagger();
    let disposed = 0;
    const shared = { ...cpu(), dispose: () => void disposed++ };
    const candidates = { first: () => shared, again: () => shared };
    const { backend } = await recommendBackend({ candidates, model, loss: lossOf(model), steps: 1 });
    expect([backend === shared, disposed]).toEqual([true, 0]);
  });

  it('refuses no model for a device without float64, and puts its parameters back', async () => {
    const model = castParameters(new Tagger(), 'float64');
    const values = valuesOf(model);
    const loss = lossOf(model);
    const failing = recommendBackend({ candidates: { gpu: () => gpujs({ mode: 'cpu' }) }, model, loss });
    await expect(failing).rejects.toThrow(/float64/);
    expect(valuesOf(model)).toEqual(values);
  });

  it('can be pinned: plain data, through JSON, measures nothing and makes one backend', async () => {
    const model = new Tagger();
    const loss = lossOf(model);
    const first = await recommendBackend({ candidates: { slow: slow(cpu(), 1), quick: cpu() }, model, loss });
    const pinned = JSON.parse(JSON.stringify(first.recommendation)) as BackendRecommendation;
    let made = 0;
    const candidates = {
      slow: (): never => expect.fail('made'),
      quick: () => {
        made++;
        return cpu();
      },
    };
    const never = (): never => expect.fail('measured');
    const again = await recommendBackend({ candidates, model, loss: never, pinned });
    expect(made).toBe(1);
    expect(again.explain()).toBe(first.explain());
    expect(explainRecommendation(pinned)).toBe(first.explain());
    await expect(recommendBackend({ candidates: { other: cpu() }, model, loss, pinned })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('takes the first of two that are as fast, and the one that starts sooner where few steps are planned', () => {
    const late = { name: 'late', steps: 5, stepMilliseconds: 10, startMilliseconds: 50, compileMilliseconds: 3000 };
    const slow = { name: 'slow', steps: 5, stepMilliseconds: 20, startMilliseconds: 1, compileMilliseconds: 10 };
    expect(choose([late, slow], undefined)).toBe('late');
    expect(choose([late, slow], 100)).toBe('slow');
    expect(choose([late, slow], 1000)).toBe('late');
    expect(choose([{ ...slow, stepMilliseconds: 10.9 }, late], undefined)).toBe('slow');
    const calibrations = [{ ...slow, stepMilliseconds: 10.9 }, late];
    expect(explainRecommendation({ chosen: 'slow', calibrations })).toContain('as fast as late within 10 %');
    const said = explainRecommendation({ chosen: 'slow', calibrations: [late, slow], plannedSteps: 100 });
    expect(said).toContain('the least time for 100 training steps, start and compiling included.');
    expect(said).toContain(
      '- late: 10 ms a step (0.50 ×), median of 5; 50 ms to start, 3000 ms to compile; 4050 ms for 100 steps',
    );
  });

  it('stops between two steps when the signal fires, and leaves all as it was', async () => {
    const model = new Tagger();
    const values = valuesOf(model);
    const aborter = new AbortController();
    let calls = 0;
    let disposed = 0;
    const loss: ReturnType<typeof lossOf> = (context) => {
      if (++calls === 3) aborter.abort(new Error('enough'));
      return lossOf(model)(context);
    };
    const candidates = { one: () => ({ ...cpu(), dispose: () => void disposed++ }), two: cpu() };
    await expect(recommendBackend({ candidates, model, loss, signal: aborter.signal })).rejects.toThrow('enough');
    expect([calls, disposed]).toEqual([3, 1]);
    expect(valuesOf(model)).toEqual(values);
  });

  it('begins no further step once the budget is spent, but always has one that counts', async () => {
    const model = new Tagger();
    let calls = 0;
    const loss: ReturnType<typeof lossOf> = (context) => {
      calls++;
      return lossOf(model)(context);
    };
    const { recommendation } = await recommendBackend({
      candidates: { slow: slow(cpu(), 1) },
      model,
      loss,
      budget: 0.01,
    });
    expect(calls).toBe(2);
    expect(recommendation.calibrations[0]).toMatchObject({ steps: 1 });
  });

  it.each([{ steps: 0 }, { budget: 0 }, { plannedSteps: 1.5 }, { candidates: {} }, { model: {} }])(
    'refuses %j',
    async (wrong) => {
      const model = new Tagger();
      const options = { candidates: { cpu: cpu() }, model, loss: lossOf(model), ...wrong };
      await expect(recommendBackend(options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    },
  );
});
