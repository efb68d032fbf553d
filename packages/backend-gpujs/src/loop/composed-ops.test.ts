import type { Backend } from '@unroll/backend';
import { ComposedCell, composedOps, expectSameSolution, solve } from '@unroll/cells/testing';
import { describe, expect, it } from 'vitest';
import { gpujs } from '../backend.ts';

const base = await gpujs({ mode: 'cpu' });
let refused: string[] = [];
let compiled = 0;
const compiling: Backend = {
  ...base,
  compileLoop: (program) => {
    const loop = base.compileLoop!(program);
    if (typeof loop === 'function') compiled++;
    else refused.push(loop.reason);
    return loop;
  },
};
const reference: Backend = { ...base, compileLoop: () => ({ reason: 'it is the reference' }) };

describe('composed ops in loops on a GPU', () => {
  it.each(Object.entries(composedOps))('%s: outputs, states and gradients are those of the primitives', (name, op) => {
    const before = compiled;
    refused = [];
    const problem = { choices: [1], batch: 5, inputSize: 4, hidden: 4, time: 4, masked: true, wanted: 0 };
    const [actual, expected] = [compiling, reference].map((backend) =>
      solve(backend, () => new ComposedCell(op, 4), problem),
    );
    expectSameSolution(actual!, expected!, 1e-4);
    const looksUp = name === 'takeAlong' || name === 'scatterAddAlong';
    expect(refused).toEqual(looksUp ? ['a step computes an index, which cannot be checked on the device'] : []);
    expect(compiled - before).toBe(looksUp ? 1 : 2);
  });
});
