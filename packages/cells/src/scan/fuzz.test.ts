import { valueAndGrad } from '@unroll/autograd';
import { Parameter, Rng, type Tensor, mapTensors, tensorsOf } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { State } from '../cell.ts';
import { lossOf } from '../conformance/problem.ts';
import { RandomCell } from '../conformance/random-cell.ts';
import { stepByStep } from './step-by-step.ts';
import { traced } from './traced.ts';

const double = { dtype: 'float64' } as const;
const INPUT_SIZE = 2;

const problem = fc.record({
  choices: fc.array(fc.nat(1 << 20), { minLength: 30, maxLength: 30 }),
  batch: fc.integer({ min: 1, max: 3 }),
  hidden: fc.constantFrom(1, 2, 3),
  time: fc.constantFrom(1, 2, 3, 5),
  masked: fc.boolean(),
  loss: fc.constantFrom('ys', 'final', 'both'),
  wanted: fc.nat(),
  hoist: fc.boolean(),
  defer: fc.boolean(),
  recompute: fc.boolean(),
  fuse: fc.boolean(),
});

describe('a traced loop', () => {
  it('gives what step by step gives: outputs, final state, all gradients', () => {
    fc.assert(
      fc.property(problem, ({ choices, batch, hidden, time, masked, loss, wanted, hoist, defer, recompute, fuse }) => {
        const cell = new RandomCell(choices, { batch, inputSize: INPUT_SIZE, hidden }, double);
        const rng = new Rng(choices[0]! + 1);
        const xs = new Parameter(rng.normal([batch, time, INPUT_SIZE], double));
        const leaves = tensorsOf(cell.initialState(batch)).map((leaf) => new Parameter(rng.normal(leaf.shape, double)));
        const mask = masked ? rng.bernoulli([batch, time], 0.6) : undefined;
        const initial = (): State => {
          let i = 0;
          return mapTensors(cell.initialState(batch), () => leaves[i++]!.value);
        };
        const parameters = [xs, ...leaves, ...cell.parameters].filter((_, i) => wanted % 3 === 0 || (wanted >> i) & 1);
        const runs = [
          () => traced(cell, xs.value, initial(), mask, { hoist, defer, recompute, fuse }),
          () => stepByStep(cell, xs.value, initial(), mask),
        ].map((run) => {
          const [ys, final] = run();
          const { grads } = valueAndGrad(() => {
            const [y, last] = run();
            if (loss === 'ys') return lossOf([y, y]);
            return loss === 'final' ? lossOf([tensorsOf(last)[0]!, last]) : lossOf([y, last]);
          }, parameters);
          return { ys, final, grads };
        });
        const [actual, expected] = runs as [(typeof runs)[0], (typeof runs)[0]];
        expectSame([actual.ys, ...tensorsOf(actual.final)], [expected.ys, ...tensorsOf(expected.final)], 'value');
        expectSame(actual.grads, expected.grads, 'gradient');
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 300) },
    );
  }, 600_000);
});

function expectSame(actual: readonly Tensor[], expected: readonly Tensor[], what: string): void {
  for (const [i, leaf] of actual.entries()) {
    expect(leaf.shape).toEqual(expected[i]!.shape);
    const want = expected[i]!.dataSync();
    for (const [j, value] of leaf.dataSync().entries()) {
      const error = Math.abs(value - want[j]!) / Math.max(1, Math.abs(want[j]!));
      if (!(error <= 1e-9)) expect.fail(`${what} ${i}, element ${j}: ${value} instead of ${want[j]}`);
    }
  }
}
