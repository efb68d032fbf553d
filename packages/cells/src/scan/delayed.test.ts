import { vjp } from '@unroll/autograd';
import { Parameter, Rng, type Tensor, concat, scope, tensor, zeros } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { QrnnCell } from '../variants/qrnn.ts';
import { explainScan } from './explain.ts';
import type { LoopPolicy } from './phases.ts';
import { planFor } from './plan-cache.ts';
import { scan } from './scan.ts';
import { scanReport } from './scan-report.ts';
import { stepByStep } from './step-by-step.ts';
import { traceStep } from './trace-step.ts';

const double = { dtype: 'float64' } as const;

describe('a state that is the input of the step before', () => {
  it('is known for all steps: the products that read it leave the loop, joined with those of the input', () => {
    const cell = new QrnnCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
    const { forwards, backwards } = scanReport(cell, { batch: 2, vjp });
    expect(forwards?.products).toBe(0);
    expect(backwards?.products).toBe(0);
    expect(forwards?.equations.before.slice(0, 2)).toEqual([
      'v1 = concat(x₋₁, x)   [2, 6]',
      'v2, v3, v4 = split((v1 · weight_ihᵀ) + bias_ih)   [2, 4]',
    ]);
    expect(forwards?.equations.loop.filter((line) => line.includes('←'))).toEqual(['c₋₁ ← c']);
  });

  it('is seen in what the step did when it was traced, which is asked for nothing more', () => {
    const weight = new Parameter(new Rng(2).normal([4, 2], double));
    let calls = 0;
    const cell: RecurrentCell<Tensor> = {
      inputSize: 2,
      outputSize: 2,
      initialState: (batch) => zeros([batch, 2], double),
      // Another step the third time.
      step: (x, before) => [
        concat([before, x], 1)
          .matmul(weight.value)
          .mul(++calls === 3 ? 100 : 1),
        x,
      ],
    };
    const xs = new Rng(3).normal([2, 12, 2], double);
    const [ys] = scan(cell, xs);
    expect(calls).toBe(2);
    calls = 3;
    const [expected] = stepByStep(cell, xs, cell.initialState(2), undefined);
    for (const [i, value] of ys.dataSync().entries()) expect(value).toBeCloseTo(expected.dataSync()[i]!, 12);
  });

  it('is carried if the policy says so, whatever was planned before', () => {
    const cell: RecurrentCell<Tensor> = {
      inputSize: 2,
      outputSize: 2,
      initialState: (batch) => zeros([batch, 2]),
      step: (x, before) => [x.mul(0.37).add(before), x],
    };
    const { step } = traceStep(cell, zeros([1, 1, 2]), cell.initialState(1), undefined);
    const carriedBy = (policy: LoopPolicy): number => planFor(step, undefined, policy).forward.program.carried.length;
    const all = { hoist: true, defer: true };
    expect([{}, { delay: false }, {}].map((delay) => carriedBy({ ...all, ...delay }))).toEqual([0, 1, 0]);
  });

  it('is carried where a mask may hold it', () => {
    const cell = new QrnnCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
    expect(explainScan(cell, { batch: 2, masked: true })).toContain('x₋₁ ← ');
  });

  it('begins as the given state and ends as the last input, after any number of steps', () => {
    const weight = new Parameter(new Rng(2).normal([4, 2], double));
    // y = [x₋₁, x] W + s, s′ = s + x₋₁
    const cell: RecurrentCell<readonly [Tensor, Tensor]> = {
      inputSize: 2,
      outputSize: 2,
      initialState: (batch) => [zeros([batch, 2], double), zeros([batch, 2], double)],
      step: (x, [before, sum]) => [concat([before, x], 1).matmul(weight.value).add(sum), [x, sum.add(before)]],
    };
    const initial = [tensor([[5, 6]], double), tensor([[7, 8]], double)] as const;
    for (const time of [1, 2, 6, 20]) {
      scope(() => {
        const xs = new Rng(time).normal([1, time, 2], double);
        const [ys, [before, sum]] = scan(cell, xs, { state: initial });
        const [expected, [expectedBefore, expectedSum]] = stepByStep(cell, xs, initial, undefined);
        for (const [actual, wanted] of [
          [ys, expected],
          [before, expectedBefore],
          [sum, expectedSum],
        ] as const) {
          for (const [i, value] of actual.dataSync().entries()) expect(value).toBeCloseTo(wanted.dataSync()[i]!, 12);
        }
      });
    }
  });
});
