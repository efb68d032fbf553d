import { valueAndGrad } from '@unroll/autograd';
import { LstmCell, scan } from '@unroll/cells';
import { expectSame, isInOneOrder, problem, RandomCell, solve } from '@unroll/cells/testing';
import { Rng, parametersOf, scope, withBackend } from '@unroll/tensor';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { loopBackend } from './testing/backends.ts';

const seen = { split: 0, whole: 0, slots: 0 };
const inParts = loopBackend({
  parts: 3,
  onCode: ({ split, schedule }) => {
    seen['roles' in split ? 'split' : 'whole']++;
    seen.slots += schedule.slots?.length ?? 0;
  },
});
const atOnce = loopBackend({});

beforeEach(() => Object.assign(seen, { split: 0, whole: 0, slots: 0 }));

describe('a compiled loop in parts of the batch', () => {
  it('gives the outputs and states of the whole batch to the bit, and sums over the batch but for rounding', () => {
    fc.assert(
      fc.property(problem, (each) => {
        fc.pre(isInOneOrder(each));
        const [parts, whole] = [inParts, atOnce].map((backend) =>
          solve(backend, (sizes) => new RandomCell(each.choices, sizes), each),
        );
        expectSame(parts!.values, whole!.values, 0);
        expectSame(parts!.gradients, whole!.gradients, 1e-4);
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 100) },
    );
    // Some steps mix the examples of a batch.
    expect(seen.split).toBeGreaterThan(2 * seen.whole);
    expect(seen.slots).toBeGreaterThan(10);
  }, 600_000);

  it('keeps the states of an LSTM without copying them', () => {
    withBackend(inParts, () =>
      scope(() => {
        const cell = new LstmCell({ inputSize: 3, hiddenSize: 6, rng: new Rng(1) });
        const xs = new Rng(2).normal([4, 14, 3]);
        valueAndGrad(() => scan(cell, xs)[0].square().sum(), parametersOf(cell));
      }),
    );
    expect(seen.slots).toBe(2);
  });
});
