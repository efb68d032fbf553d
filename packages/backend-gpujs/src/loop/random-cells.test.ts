import type { Backend } from '@unroll/backend';
import { RandomCell, expectSameSolution, isInOneOrder, problem, solve } from '@unroll/cells/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gpujs } from '../backend.ts';

const base = await gpujs({ mode: 'cpu' });
let compiled = 0;
let left = 0;
const compiling: Backend = {
  ...base,
  compileLoop: (program) => {
    const loop = base.compileLoop!(program);
    if (typeof loop === 'function') compiled++;
    else left++;
    return loop;
  },
};
const reference: Backend = { ...base, compileLoop: () => ({ reason: 'it is the reference' }) };

describe('compiled loops of random cells', () => {
  it('give what the primitives give: outputs, final states and gradients', () => {
    fc.assert(
      fc.property(problem, (each) => {
        const isExact = isInOneOrder(each);
        const chosen = { ...each, time: isExact ? each.time : 3 };
        const [actual, expected] = [compiling, reference].map((backend) =>
          solve(backend, (sizes) => new RandomCell(each.choices, sizes), chosen),
        );
        expectSameSolution(actual!, expected!, 1e-3);
      }),
      { numRuns: Number(process.env['FUZZ'] ?? 25) },
    );
    expect(compiled).toBeGreaterThan(0);
    expect(left).toBe(0);
  }, 600_000);
});
