import { ComposedCell, composedOps, expectSameSolution, solve } from '@unroll/cells/testing';
import { describe, expect, it } from 'vitest';
import { counting, interpreting } from './testing/backends.ts';

const compiling = await counting();
const reference = await interpreting();

describe('composed ops in compiled loops', () => {
  it.each(Object.entries(composedOps))('%s: outputs, states and gradients are those of the primitives', (_name, op) => {
    const before = compiling.seen.compiled;
    for (const [batch, size] of [
      [6, 7],
      [5, 8],
    ] as const) {
      const problem = { choices: [1], batch, inputSize: size, hidden: size, time: 6, masked: batch === 5, wanted: 0 };
      const [actual, expected] = [compiling, reference].map((backend) =>
        solve(backend, () => new ComposedCell(op, size), problem),
      );
      expectSameSolution(actual!, expected!, 1e-4);
    }
    // Of each problem the steps forwards, forwards in training, and backwards.
    expect(compiling.seen).toEqual({ compiled: before + 6, left: 0 });
  });
});
