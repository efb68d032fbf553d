import type { MutationGroup } from '../mutation.ts';
import { quickTests } from './quick-tests.ts';

const stepByStep = 'packages/cells/src/scan/step-by-step.ts';
const bidirectional = 'packages/architectures/src/bidirectional.ts';

/** Mistakes in running a cell along time, in one direction and in two. */
export const sequences: MutationGroup = {
  tests: quickTests,
  mutations: [
    {
      mistake: 'lengths ignored: padding is run like data',
      file: 'packages/cells/src/scan/scan.ts',
      edits: [['state ?? initial, mask)', 'state ?? initial, undefined)']],
    },
    {
      mistake: 'a masked step changes the state (step by step)',
      file: stepByStep,
      edits: [['alive ? selectState(alive, next, state) : next', 'next']],
    },
    {
      mistake: 'a masked step has an output (step by step)',
      file: stepByStep,
      edits: [['alive ? where(alive, y, 0) : y', 'y']],
    },
    {
      mistake: 'the given state is not used',
      file: 'packages/cells/src/scan/scan.ts',
      edits: [['state ?? initial, mask)', 'initial, mask)']],
    },
    {
      mistake: 'stacked cells: every cell reads the input',
      file: 'packages/cells/src/stacked-cells.ts',
      edits: [['y = above;', 'y = cell === this.cells.at(-1) ? above : y;']],
    },
    {
      mistake: 'backward direction not turned back into place',
      file: bidirectional,
      edits: [['{ forward: left, backward: right.reverse(1) }', '{ forward: left, backward: right }']],
    },
    {
      mistake: 'backward direction: mask not reversed',
      file: bidirectional,
      edits: [['mask: mask?.reverse(1)', 'mask']],
    },
    {
      mistake: 'forward and backward halves swapped',
      file: bidirectional,
      edits: [['this.merge.merge(forward, backward)', 'this.merge.merge(backward, forward)']],
    },
    {
      mistake: 'forward and backward final states swapped',
      file: bidirectional,
      edits: [
        ['      { forward, backward },\n    ];', '      { forward: backward, backward: forward } as never,\n    ];'],
      ],
    },
  ],
};
