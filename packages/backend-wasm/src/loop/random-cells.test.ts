import { expectSameSolution, isInOneOrder, problem, RandomCell, solve } from '@unroll/cells/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counting, interpreting } from './testing/backends.ts';

const compiling = await counting();
const reference = await interpreting();

describe('compiled loops of random cells', () => {
  it('give what the primitives give: outputs, final states and gradients', () => {
    fc.assert(
      fc.property(problem, (each) => {
        const isExact = isInOneOrder(each);
        const chosen = { ...each, time: isExact ? each.time : 3 };
        const [actual, expected] = [compiling, reference].map((backend) =>
          solve(backend, (sizes) => new RandomCell(each.choices, sizes), chosen),
        );
        expectSameSolution(actual!, expected!, isExact ? 1e-4 : 1e-3);
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 150) },
    );
    expect(compiling.seen.compiled).toBeGreaterThan(0);
    expect(compiling.seen.left).toBe(0);
  }, 600_000);
});
