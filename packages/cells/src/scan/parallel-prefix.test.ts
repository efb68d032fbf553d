import { gradientCheck, valueAndGrad } from '@unroll/autograd';
import {
  type Backend,
  Parameter,
  Rng,
  type Tensor,
  concat,
  getBackend,
  ones,
  parametersOf,
  scope,
  stack,
  tensor,
  tensorsOf,
  unstack,
  where,
  withBackend,
  zeros,
} from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { everyCell, everyWrapper } from '../conformance.ts';
import { type Run, gradientsOf, makeProblem, stateOf } from '../conformance/problem.ts';
import { LstmCell } from '../lstm.ts';
import { MinGruCell } from '../variants/min-gru.ts';
import { QrnnCell } from '../variants/qrnn.ts';
import { Zoneout } from '../wrappers/zoneout.ts';
import { drawnRun } from './drawn-run.ts';
import { linearRecurrence } from './linear-recurrence.ts';
import { byParallelPrefix } from './parallel-prefix.ts';
import { scan } from './scan.ts';
import { scanReport } from './scan-report.ts';
import { stepByStep } from './step-by-step.ts';

const double = { dtype: 'float64' } as const;
const worst = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

describe('a linear recurrence as a prefix scan', () => {
  const loop = (a: Tensor, b: Tensor, initial: Tensor): Tensor => {
    const terms = unstack(b, 0);
    let h = initial;
    return stack(
      unstack(a, 0).map((factor, t) => (h = factor.mul(h).add(terms[t]!))),
      0,
    );
  };

  it('equals the loop for every length: values, gradients', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.integer({ min: 1, max: 3 }), fc.integer(), (time, n, seed) => {
        const rng = new Rng(seed);
        const [a, b, h] = [[time, n], [time, n], [n]].map((shape) => new Parameter(rng.normal(shape, double)));
        const weights = rng.normal([time, n], double);
        const by = (road: typeof loop) =>
          valueAndGrad(() => road(a!.value, b!.value, h!.value).mul(weights).sum(), [a!, b!, h!]);
        const values = [linearRecurrence, loop].map((road) => road(a!.value, b!.value, h!.value));
        const size = Math.max(1, values[1]!.abs().max().item());
        expect(worst(values[0]!, values[1]!) / size).toBeLessThan(1e-12);
        const [grads, references] = [by(linearRecurrence).grads, by(loop).grads];
        for (const [i, grad] of grads.entries()) {
          const scale = Math.max(1, references[i]!.abs().max().item());
          expect(worst(grad, references[i]!) / scale).toBeLessThan(1e-11);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has derivatives of derivatives', () => {
    const rng = new Rng(1);
    const [a, b, h] = [[11, 2], [11, 2], [2]].map((shape) => new Parameter(rng.normal(shape, double)));
    const slope = (): Tensor => {
      const run = (): Tensor => linearRecurrence(a!.value, b!.value, h!.value).square().sum();
      return valueAndGrad(run, [a!, h!])
        .grads.map((grad) => grad.square().sum())
        .reduce((x, y) => x.add(y));
    };
    expect(gradientCheck(slope, [a!, b!, h!])).toBeLessThan(1e-5);
  });
});

const time = 19;
const mask = tensor([
  Array.from({ length: time }, () => 1),
  Array.from({ length: time }, (_, t) => (t < 12 && t !== 4 ? 1 : 0)),
]);

/** Whether a cell is run in parallel; if so, with and without a mask, with noise, it must equal step by step. */
function isParallel(make: () => RecurrentCell): boolean {
  const p = makeProblem(make, { batch: 2, time, seed: 5 });
  const on = (level: typeof stepByStep, live: Tensor | undefined) => (): Run => {
    const { cell, xs } = drawnRun({ cell: p.cell, xs: p.xs.value }, new Rng(6));
    return level(cell, xs, stateOf(p), live);
  };
  const parallel: typeof stepByStep = (...args) => byParallelPrefix(...args)!;
  if (!byParallelPrefix(p.cell, p.xs.value, stateOf(p), undefined)) return false;
  for (const live of [undefined, mask]) {
    const [fast, slow] = [on(parallel, live), on(stepByStep, live)];
    const leaves = ([ys, final]: Run): readonly Tensor[] => [ys, ...tensorsOf(final)];
    const wanted = leaves(slow());
    for (const [i, value] of leaves(fast()).entries()) expect(worst(value, wanted[i]!)).toBeLessThan(1e-10);
    const references = gradientsOf(p, slow).grads;
    for (const [i, grad] of gradientsOf(p, fast).grads.entries()) {
      expect(worst(grad, references[i]!), p.names[i]).toBeLessThan(1e-10);
    }
  }
  return true;
}

describe('scan as a parallel prefix scan', () => {
  it('takes the cells that are linear in their state, and equals step by step: outputs, final state, gradients, masks', () => {
    const sizes = { inputSize: 3, hiddenSize: 2 };
    const parallel = Object.entries(everyCell).filter(([, make]) =>
      isParallel(() => make({ ...sizes, rng: new Rng(1) })),
    );
    expect(parallel.map(([name]) => name)).toEqual(['QrnnCell', 'MinGruCell', 'MinLstmCell']);
  });

  it('takes them in every wrapper, with noise', () => {
    const sizes = { inputSize: 2, hiddenSize: 2 };
    for (const name of ['QrnnCell', 'MinGruCell', 'MinLstmCell']) {
      const parallel = Object.entries(everyWrapper).filter(([, wrap]) =>
        isParallel(() => wrap(everyCell[name]!({ ...sizes, rng: new Rng(1) }), new Rng(2))),
      );
      // The stack has a GRU on top.
      const wrappers = Object.keys(everyWrapper).filter((wrapper) => wrapper !== 'StackedCells');
      expect(parallel.map(([wrapper]) => wrapper)).toEqual(wrappers);
    }
  });

  it('is taken unless the backend compiles the loop; before compiled steps only on a device that takes long to start an op', () => {
    const backend = getBackend();
    const askedOn = (device: Partial<Backend>): { readonly asked: number; readonly prefix: boolean | undefined } => {
      let asked = 0;
      const compileLoop = (): { readonly reason: string } => {
        asked++;
        return { reason: 'it only counts' };
      };
      return withBackend({ ...backend, compileLoop, ...device }, () => {
        const cell = new MinGruCell({ inputSize: 1, hiddenSize: 1, rng: new Rng(1) });
        scan(cell, zeros([1, 200, 1]));
        const runs = asked;
        return { asked: runs, prefix: scanReport(cell, { batch: 1 }).prefix };
      });
    };
    expect(askedOn({})).toEqual({ asked: 1, prefix: true });
    expect(askedOn({ runsAhead: true })).toEqual({ asked: 0, prefix: true });
    const loop = Object.assign(() => ({ carried: [], series: new Map(), totals: new Map() }), { kernels: 1 });
    const prefixOn = (device: Partial<Backend>): boolean | undefined =>
      withBackend({ ...backend, compileLoop: () => loop, ...device }, () => {
        const cell = new MinGruCell({ inputSize: 1, hiddenSize: 1, rng: new Rng(1) });
        return scanReport(cell, { batch: 1 }).prefix;
      });
    expect([prefixOn({}), prefixOn({ runsAhead: true })]).toEqual([false, true]);
  });

  it('equals step by step where the backend was asked for code and had none: outputs, gradients, a second run', () => {
    const backend: Backend = { ...getBackend(), compileLoop: () => ({ reason: 'it has none' }) };
    withBackend(backend, () => {
      const make = (): RecurrentCell => new QrnnCell({ inputSize: 2, hiddenSize: 2, rng: new Rng(1) });
      const p = makeProblem(make, { batch: 2, time: 130, seed: 5 });
      expect(scanReport(p.cell, { batch: 2, dtype: 'float64' })).toMatchObject({ prefix: true });
      const live = new Rng(3).bernoulli([2, 130], 0.7);
      const byScan = (): Run => scan(p.cell, p.xs.value, { state: stateOf(p), mask: live });
      const slow = (): Run => stepByStep(p.cell, where(live.expandDims(2), p.xs.value, 0), stateOf(p), live);
      const references = gradientsOf(p, slow).grads;
      for (const grads of [gradientsOf(p, byScan).grads, gradientsOf(p, byScan).grads]) {
        for (const [i, grad] of grads.entries()) expect(worst(grad, references[i]!), p.names[i]).toBeLessThan(1e-10);
      }
      expect(worst(byScan()[0], slow()[0])).toBeLessThan(1e-10);
    });
  });

  it('takes a cell of the user’s: leaves that feed each other, constants, states that stay', () => {
    const decay = new Parameter(tensor([0.9, 0.5]));
    const make = (): RecurrentCell => {
      const cell = {
        decay,
        inputSize: 2,
        outputSize: 4,
        initialState: (batch: number) => ({
          slow: zeros([batch, 2]),
          fast: zeros([batch, 2]),
          still: zeros([batch, 2]),
        }),
        step: (x: Tensor, { slow, fast, still }: Record<'slow' | 'fast' | 'still', Tensor>) => {
          const nextFast = x.sub(fast.mul(decay)).div(2);
          const nextSlow = slow.neg().mul(nextFast.tanh()).add(fast.exp()).add(still);
          return [concat([nextSlow, nextFast], 1), { slow: nextSlow, fast: nextFast, still }] as const;
        },
      };
      return cell;
    };
    expect(isParallel(make)).toBe(true);
  });

  it('leaves alone what is not linear, or moves elements', () => {
    const cell = (step: (h: Tensor, x: Tensor) => Tensor): RecurrentCell<Tensor> => ({
      inputSize: 2,
      outputSize: 2,
      initialState: (batch) => zeros([batch, 2]),
      step: (x, h) => [step(h, x), step(h, x)],
    });
    const xs = new Rng(1).normal([1, 3, 2]);
    const steps: ((h: Tensor, x: Tensor) => Tensor)[] = [
      (h) => h.mul(h),
      (h, x) => x.div(h.add(1)),
      (h, x) => h.reverse(1).add(x),
      (h, x) => h.sum(1, { keepDims: true }).add(x),
      (h, x) => x.add(h.detach()),
      (h, x) => h.relu().add(x),
      (h, x) => where(h.greater(0), x, h),
    ];
    for (const step of steps) expect(byParallelPrefix(cell(step), xs, zeros([1, 2]), undefined)).toBeUndefined();
  });

  it('is what scan does with a long sequence of a small state, and what scanReport tells', () => {
    const cell = new MinGruCell({ inputSize: 2, hiddenSize: 3, rng: new Rng(1) });
    const long = new Rng(2).normal([1, 200, 2]);
    const bits = (value: Tensor): readonly number[] => [...value.dataSync()];
    const [ys] = byParallelPrefix(cell, long, cell.initialState(1), undefined)!;
    expect(bits(scan(cell, long)[0])).toEqual(bits(ys));
    expect(bits(scan(cell, long)[0])).not.toEqual(bits(stepByStep(cell, long, cell.initialState(1), undefined)[0]));
    expect(scanReport(cell, { batch: 1 }).linear).toBe(true);
    const lstm = new LstmCell({ inputSize: 2, hiddenSize: 3, rng: new Rng(1) });
    expect(scanReport(lstm, { batch: 1 }).linear).toBe(false);
  });

  it('is nothing for a step that draws a number, which would be the same in all steps', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    for (const device of [{}, { runsAhead: true }]) {
      const rng = new Rng(1);
      const cell: RecurrentCell<Tensor> = {
        inputSize: 1,
        outputSize: 1,
        initialState: (batch) => zeros([batch, 1]),
        step: (x, h) => [h.add(x), x.mul(rng.next())],
      };
      const ys = withBackend({ ...getBackend(), ...device }, () => scan(cell, ones([1, 200, 1]))[0]);
      expect(new Set(ys.dataSync()).size).toBe(200);
    }
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  });

  it('holds no more memory after many runs, training and forwards, with a mask and noise', () => {
    const held = (): number => (getBackend() as Backend & { memory(): { readonly buffers: number } }).memory().buffers;
    const rng = new Rng(1);
    const cell = new Zoneout({ cell: new QrnnCell({ inputSize: 2, hiddenSize: 3, rng }), rate: 0.5 });
    const [xs, live] = [rng.normal([1, 130, 2]), ones([1, 130])];
    const loss = (): Tensor =>
      scan(cell, xs, { mask: live, rng: new Rng(2) })[0]
        .square()
        .sum();
    for (const work of [
      () => scope(() => loss().item()),
      () => {
        const { value, grads } = valueAndGrad(loss, parametersOf(cell));
        for (const result of [value, ...grads]) result.dispose();
      },
    ]) {
      const [, ...counts] = Array.from({ length: 4 }, () => {
        work();
        return held();
      });
      expect(new Set(counts).size, String(counts)).toBe(1);
    }
  });
});
