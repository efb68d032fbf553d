import type { Backend } from '@unroll/backend';
import { ComposedCell, composedOps, expectSameSolution, solve } from '@unroll/cells/testing';
import { describe, it } from 'vitest';
import { gpujs } from '../backend.ts';

const compiling = await gpujs({ mode: 'cpu' });
const reference: Backend = { ...compiling, compileLoop: () => ({ reason: 'it is the reference' }) };

describe('composed ops in loops on a GPU', () => {
  it.each(Object.entries(composedOps))('%s: outputs, states and gradients are those of the primitives', (_name, op) => {
    const problem = { choices: [1], batch: 5, inputSize: 4, hidden: 4, time: 4, masked: true, wanted: 0 };
    const [actual, expected] = [compiling, reference].map((backend) =>
      solve(backend, () => new ComposedCell(op, 4), problem),
    );
    expectSameSolution(actual!, expected!, 1e-4);
  });
});
