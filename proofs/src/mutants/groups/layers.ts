import type { MutationGroup } from '../mutation.ts';

const crossEntropy = 'packages/layers/src/losses/cross-entropy.ts';

/** Mistakes in layers and losses. */
export const layers: MutationGroup = {
  tests: ['packages/layers/'],
  mutations: [
    {
      mistake: 'cross-entropy: masked positions count in the mean',
      file: crossEntropy,
      edits: [['weights: where(live, weights, 0) }', 'weights }']],
    },
    {
      mistake: 'cross-entropy: masked positions have a loss',
      file: crossEntropy,
      edits: [['losses: where(live, losses, 0),', 'losses,']],
    },
    {
      mistake: 'cross-entropy: label smoothing spreads over the other classes only',
      file: crossEntropy,
      edits: [['labelSmoothing / classes', 'labelSmoothing / (classes - 1)']],
    },
    {
      mistake: 'layer norm: ε outside of the root',
      file: 'packages/layers/src/layer-norm.ts',
      edits: [['.add(epsilon).sqrt()', '.sqrt().add(epsilon)']],
    },
    {
      mistake: 'dropout: what is kept does not grow',
      file: 'packages/layers/src/dropout.ts',
      edits: [['rate === 1 ? kept : kept.div(1 - rate)', 'kept']],
    },
  ],
};
