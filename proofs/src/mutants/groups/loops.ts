import type { MutationGroup } from '../mutation.ts';
import { quickTests } from './quick-tests.ts';

const scan = 'packages/cells/src/scan';

/** Mistakes in the traced loop, which must equal the one step by step. */
export const loops: MutationGroup = {
  tests: quickTests,
  mutations: [
    {
      mistake: 'a masked step changes the state (traced)',
      file: `${scan}/trace-step.ts`,
      edits: [['live ? selectState(live, nextStep, state) : nextStep', 'nextStep']],
    },
    {
      mistake: 'a masked step has an output (traced)',
      file: `${scan}/trace-step.ts`,
      edits: [['live ? where(live, yStep, 0) : yStep', 'yStep']],
    },
    {
      mistake: 'a step that gives other values than the time before is taken for that one',
      file: `${scan}/trace-step.ts`,
      edits: [['before.y === outputs.y && ', '']],
    },
    {
      mistake: 'a step that gives other states than the time before is taken for that one',
      file: `${scan}/trace-step.ts`,
      edits: [[' && isSameList(before.next, outputs.next)', '']],
    },
    {
      mistake: 'no gradient flows from a step to the one before',
      file: `${scan}/plan.ts`,
      edits: [['const next = derivative.dstates[i];', 'const next = undefined as Value | undefined;']],
    },
    {
      mistake: 'the walk back goes forwards',
      file: `${scan}/interpret.ts`,
      edits: [['const t = reversed ? time - 1 - i : i;', 'const t = i;']],
    },
    {
      mistake: 'the cotangent of the final state is ignored',
      file: `${scan}/traced.ts`,
      edits: [['cotangent ? shared(cotangent) : zerosOn(', 'zerosOn(']],
    },
    {
      mistake: 'a value used twice in a step keeps only one of its cotangents',
      file: `${scan}/differentiate.ts`,
      edits: [['sum ? sum.add(cotangent) : cotangent', 'cotangent']],
    },
    {
      mistake: 'ops on the same inputs are taken for equal, whatever their attributes',
      file: `${scan}/graph.ts`,
      edits: [['for (const _ in attrs) return JSON.stringify(attrs);', 'void attrs;']],
    },
  ],
};
