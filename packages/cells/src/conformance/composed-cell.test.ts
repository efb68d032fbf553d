import { type Tensor, getBackend, stack, unstack } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { scanReport } from '../scan/scan-report.ts';
import { ComposedCell, composedOps } from './composed-cell.ts';
import { type Run, expectSameSolution, solve } from './random-problem.ts';

/** From so many steps on a scan is traced. */
const TIME = 12;

/** The definition of a scan. */
const stepByStep: Run = (cell, xs, state) => {
  let now = state as Tensor;
  const ys = unstack(xs, 1).map((x) => {
    const [y, next] = cell.step(x, now);
    now = next as Tensor;
    return y;
  });
  return [stack(ys, 1), now];
};

describe('composed ops in a scan', () => {
  it.each(Object.entries(composedOps))('%s: traced they give what they give step by step', (_name, op) => {
    const problem = { choices: [1], batch: 3, inputSize: 5, hidden: 5, time: TIME, masked: false, wanted: 0 };
    const make = (): ComposedCell => new ComposedCell(op, 5);
    expect(scanReport(make(), { batch: 3, time: TIME }).traced).toBe(true);
    expectSameSolution(solve(getBackend(), make, problem), solve(getBackend(), make, problem, stepByStep), 1e-4);
  });
});
