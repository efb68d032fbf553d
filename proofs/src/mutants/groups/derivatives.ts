import type { MutationGroup } from '../mutation.ts';

const vjps = 'packages/autograd/src/vjps.ts';

/** Mistakes in derivatives. */
export const derivatives: MutationGroup = {
  tests: ['packages/autograd/'],
  mutations: [
    {
      mistake: 'derivative of sub: wrong sign',
      file: vjps,
      edits: [['(dy) => dy.neg(),\n  ),\n  mul:', '(dy) => dy,\n  ),\n  mul:']],
    },
    {
      mistake: 'derivative of sqrt: factor ½ missing',
      file: vjps,
      edits: [['dy.div(out.mul(2))', 'dy.div(out)']],
    },
    {
      mistake: 'derivative of tanh: that of the sigmoid',
      file: vjps,
      edits: [['dy.sub(dy.mul(out.square()))', 'dy.mul(out.sub(out.square()))']],
    },
    {
      mistake: 'derivative of matmul: right operand not transposed',
      file: vjps,
      edits: [['matmul(dy, y, { transposeB: !tb })', 'matmul(dy, y, { transposeB: tb })']],
    },
    {
      mistake: 'derivative of max: ties get all of it each',
      file: vjps,
      edits: [['hits.mul(dy.div(hits.sum(axes, { keepDims: true })))', 'hits.mul(dy)']],
    },
    {
      mistake: 'derivative of broadcasting: mean in place of sum',
      file: 'packages/autograd/src/sum-to.ts',
      edits: [['.sum(', '.mean(']],
    },
    {
      mistake: 'a tensor used twice keeps only one of its cotangents',
      file: 'packages/autograd/src/tape.ts',
      edits: [['sum ? sum.add(dx) : dx', 'dx']],
    },
  ],
};
