import {
  expectSameSolution,
  isInOneOrder,
  type LoopPolicy,
  problem,
  RandomCell,
  solve,
  traced,
} from '@unroll/cells/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loopBackend } from './testing/backends.ts';

let compiled = 0;
const onCode = (): void => void compiled++;
const plain = loopBackend({ onCode, reuse: false, arrange: false });
const backends = [
  plain,
  loopBackend({ onCode, reuse: false }),
  loopBackend({ onCode, arrange: false }),
  loopBackend({ onCode }),
];

const policy: fc.Arbitrary<LoopPolicy> = fc.record({
  hoist: fc.boolean(),
  defer: fc.boolean(),
  fuse: fc.boolean(),
  recompute: fc.boolean(),
});

describe('what the loop compiler decides', () => {
  it('changes no number: hoist, defer, fuse, recompute, reuse and arrange, each switched on or off', () => {
    fc.assert(
      fc.property(problem, policy, fc.constantFrom(...backends), (each, chosen, backend) => {
        fc.pre(isInOneOrder(each));
        const run = (on: typeof plain, by: LoopPolicy): ReturnType<typeof solve> =>
          solve(
            on,
            (sizes) => new RandomCell(each.choices, sizes),
            each,
            (cell, xs, state, mask) => traced(cell, xs, state, mask, by),
          );
        const none = run(plain, { hoist: false, defer: false, fuse: false, recompute: false });
        expectSameSolution(run(backend, chosen), none, 1e-4);
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 100) },
    );
    expect(compiled).toBeGreaterThan(100);
  }, 600_000);
});
