import { UnrollError } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { PlateauSchedule, Sgd, linearRamp } from '@unroll/optim';
import { Parameter, Rng, type Tensor, parametersOf, tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { type Batch, type Options, bowl, failure } from '../test/bowl.ts';
import { collect, stepsOf } from '../test/collect.ts';
import { fit } from './index.ts';

describe('the loss', () => {
  it('has random numbers of its own: nobody who draws from the same rng changes them', async () => {
    const draws = async (disturb: (rng: Rng) => void): Promise<readonly number[]> => {
      const seen: number[] = [];
      const given = new Rng(7);
      const run = bowl({
        rng: given,
        loss(_, { rng }) {
          seen.push(rng.next());
          disturb(given);
          return { loss: run.model.w.value.sum() };
        },
      });
      await collect(fit(run));
      return seen;
    };
    expect(await draws((rng) => rng.next())).toEqual(await draws(() => undefined));
  });

  it('gets the carried state until the source says that a batch starts anew', async () => {
    const carries: (number | undefined)[] = [];
    let calls = 0;
    const run = bowl({
      steps: 5,
      source: {
        next: () => ({ batch: calls, reset: calls++ === 3 }),
        state: () => calls,
        restore: () => undefined,
      },
      loss(batch, { carry }) {
        carries.push(carry?.item());
        return { loss: run.model.w.value.sum(), carry: tensor(batch) };
      },
    });
    await collect(fit(run));
    expect(carries).toEqual([undefined, 0, 1, undefined, 3]);
  });

  it('lets no gradient flow into the batch before', async () => {
    const run = bowl({
      steps: 2,
      loss(_, { carry }) {
        const w = run.model.w.value;
        const sum = carry ? w.add(carry) : w;
        return { loss: sum.sum(), carry: w.mul(100).sum() };
      },
    });
    const steps = stepsOf(await collect(fit(run)));
    expect(steps.map(({ gradientNorm }) => gradientNorm)).toEqual([1, 1]);
  });

  it('gets the number of steps taken before', async () => {
    const seen: number[] = [];
    const run = bowl({ loss: (_, { step }) => (seen.push(step), { loss: run.model.w.value.sum() }) });
    await collect(fit(run));
    expect(seen).toEqual([0, 1, 2]);
  });

  it('may return its carried state unchanged, or one tensor twice', async () => {
    const kept = tensor([1, 2]);
    const run = bowl({
      loss: (_, { carry = kept }) => ({ loss: run.model.w.value.sum(), carry }),
    });
    await collect(fit(run));
    expect(kept.isDisposed).toBe(false);
    const model = { w: new Parameter(tensor([1])) };
    const twice = {
      ...bowl(),
      model,
      optimizer: new Sgd({ parameters: parametersOf(model), learningRate: 0.1 }),
      loss(_: Batch, { carry }: { readonly carry: readonly Tensor[] | undefined }) {
        const one = carry?.[1] ?? tensor(1);
        return { loss: model.w.value.mul(one).sum(), carry: [one, one] };
      },
    };
    expect(stepsOf(await collect(fit(twice)))).toHaveLength(3);
  });
});

describe('the learning rate', () => {
  it('follows a schedule by step', async () => {
    const steps = stepsOf(await collect(fit(bowl({ schedule: linearRamp({ from: 0, to: 1, steps: 4 }) }))));
    expect(steps.map(({ learningRate }) => learningRate)).toEqual([0, 0.25, 0.5]);
  });

  it('falls where a plateau schedule sees no improvement', async () => {
    const schedule = new PlateauSchedule({ learningRate: 1, factor: 0.5, patience: 0 });
    const run = bowl({ steps: 6, schedule, validation: { every: 2, run: () => 1 } });
    const steps = stepsOf(await collect(fit(run)));
    expect(steps.map(({ learningRate }) => learningRate)).toEqual([1, 1, 1, 1, 0.5, 0.5]);
  });
});

describe('memory', () => {
  /** A run with a carried state on a backend of its own, on which the numbers of its equations are stored already. */
  const prepare = async (
    options: Partial<Options> = {},
  ): Promise<{ readonly run: Options; readonly live: () => number }> => {
    const backend = cpu();
    const run = withBackend(backend, () => bowl({ steps: 40, ...options }));
    const { w } = run.model;
    const carrying: Options = {
      ...run,
      loss(_, { carry }) {
        const next = carry ? carry.mul(0.5).add(w) : w.value.mul(2);
        return { loss: next.square().sum(), carry: next };
      },
    };
    await collect(fit({ ...carrying, steps: 3 }));
    return { run: carrying, live: () => backend.memory().buffers };
  };

  it('is flat over the steps, and only model and optimizer remain at the end', async () => {
    const { run, live } = await prepare();
    const before = live();
    const during = new Set<number>();
    for await (const event of fit(run)) if (event.type === 'step') during.add(live());
    // One more: the carried state.
    expect(during).toEqual(new Set([before + 1]));
    expect(live()).toBe(before);
  });

  it('is given back when the caller breaks out of the loop', async () => {
    const { run, live } = await prepare();
    const before = live();
    for await (const event of fit(run)) if (event.type === 'step' && event.step === 5) break;
    expect(live()).toBe(before);
  });

  it.each(['is not finite', 'throws'])('is given back when the loss %s', async (how) => {
    const { run, live } = await prepare();
    const before = live();
    const loss: Options['loss'] = (batch, context) => {
      const result = run.loss(batch, context);
      if (context.step < 3) return result;
      if (how === 'throws') throw new UnrollError('INVALID_ARGUMENT', 'on purpose');
      return { ...result, loss: result.loss.log().mul(0).log() };
    };
    await failure(fit({ ...run, loss }));
    // Numbers of the bad equations are stored too: 0, and what measures gradients.
    expect(live() - before).toBeLessThanOrEqual(1);
  });
});
