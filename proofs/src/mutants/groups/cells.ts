import type { MutationGroup } from '../mutation.ts';
import { quickTests } from './quick-tests.ts';

const lstm = 'packages/cells/src/lstm.ts';
const gru = 'packages/cells/src/gru.ts';
const gatedCell = 'packages/cells/src/gated-cell.ts';

/** Mistakes in equations. */
export const cells: MutationGroup = {
  tests: quickTests,
  mutations: [
    {
      mistake: 'LSTM: gates i and f swapped',
      file: lstm,
      edits: [['const [iSum, fSum, gSum, oSum]', 'const [fSum, iSum, gSum, oSum]']],
    },
    {
      mistake: 'LSTM: gates g and o swapped',
      file: lstm,
      edits: [['const [iSum, fSum, gSum, oSum]', 'const [iSum, fSum, oSum, gSum]']],
    },
    {
      mistake: 'LSTM: no tanh on c',
      file: lstm,
      edits: [['o.mul(output(cNext))', 'o.mul(cNext)']],
    },
    {
      mistake: 'LSTM: the old c enters whole, without f',
      file: lstm,
      edits: [['f.mul(c).add(i.mul(g))', 'c.add(i.mul(g))']],
    },
    {
      mistake: 'GRU: gates r and z swapped',
      file: gru,
      edits: [
        ['const [xr, xz, xn]', 'const [xz, xr, xn]'],
        ['const [hr, hz, hn]', 'const [hz, hr, hn]'],
      ],
    },
    {
      mistake: 'GRU: z inverted',
      file: gru,
      edits: [['n.add(z.mul(h.sub(n)))', 'h.add(z.mul(n.sub(h)))']],
    },
    {
      mistake: 'GRU: the reset gate scales the input as well',
      file: gru,
      edits: [['xn.add(r.mul(hn))', 'r.mul(xn.add(hn))']],
    },
    {
      mistake: 'recurrent matrix transposed, in every gate',
      file: gatedCell,
      edits: [
        [
          'return linear(h, this.weight_hh, this.bias_hh);',
          `const n = this.outputSize;
          const transposed = this.weight_hh.value.reshape([-1, n, n]).transpose([0, 2, 1]).reshape([-1, n]);
          return linear(h, transposed, this.bias_hh);`,
        ],
      ],
    },
    {
      mistake: 'hidden bias dropped',
      file: gatedCell,
      edits: [['return linear(h, this.weight_hh, this.bias_hh);', 'return linear(h, this.weight_hh);']],
    },
  ],
};
