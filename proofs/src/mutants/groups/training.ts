import type { MutationGroup } from '../mutation.ts';

const adam = 'packages/optim/src/adam.ts';
const trainer = 'packages/training/src/trainer.ts';

/** Mistakes in optimizers, batches and the training loop. */
export const training: readonly MutationGroup[] = [
  {
    tests: ['packages/optim/'],
    mutations: [
      {
        mistake: 'Adam: no bias correction of the second moment',
        file: adam,
        edits: [['Math.sqrt(1 - portablePow(this.#beta2, step))', '1']],
      },
      {
        mistake: 'Adam: no bias correction of the first moment',
        file: adam,
        edits: [['(learningRate * correction) / (1 - portablePow(this.#beta1, step))', 'learningRate * correction']],
      },
      {
        mistake: 'AdamW: the decay is not scaled by the learning rate',
        file: 'packages/optim/src/adam-w.ts',
        edits: [['1 - context.learningRate * this.#weightDecay', '1 - this.#weightDecay']],
      },
      {
        mistake: 'clipping: each gradient by its own norm',
        file: 'packages/optim/src/clip.ts',
        edits: [
          [
            'coefficient < 1 ? grads.map((grad) => grad.mul(coefficient))',
            'coefficient < 1 ? grads.map((grad) => grad.mul(maxNorm / (globalNorm([grad], normType, names) + MARGIN)))',
          ],
        ],
      },
    ],
  },
  {
    tests: ['packages/data/'],
    mutations: [
      {
        mistake: 'language model: targets not shifted',
        file: 'packages/data/src/language-model-streams.ts',
        edits: [['this.#rows(start + 1, time)', 'this.#rows(start, time)']],
      },
      {
        mistake: 'streams: rows do not continue those of the chunk before',
        file: 'packages/data/src/language-model-streams.ts',
        edits: [['row * this.streamLength + start', 'row * time + start * this.batch']],
      },
      {
        mistake: 'mask one step too long',
        file: 'packages/data/src/mask.ts',
        edits: [['data.fill(1, start, start + count)', 'data.fill(1, start, start + count + 1)']],
      },
    ],
  },
  {
    // Not those that train until something is learned: they take long, and are no judges of details.
    tests: ['packages/training/src/', 'packages/training/test/resume'],
    mutations: [
      {
        mistake: 'the state is carried over the start of a new pass',
        file: trainer,
        edits: [['carry: reset ? undefined : carried', 'carry: carried']],
      },
      {
        mistake: 'resume: random numbers start anew',
        file: trainer,
        edits: [['this.#rng = Rng.fromState(rest.rng);', '']],
      },
      {
        mistake: 'resume: the carried state is lost',
        file: trainer,
        edits: [['this.#replaceCarry(rest.carry && (loadCarry(rest.carry, backend) as Carry));', 'void backend;']],
      },
      {
        mistake: 'resume: the optimizer starts anew',
        file: trainer,
        edits: [['optimizer.restore(optimizerState);', '']],
      },
    ],
  },
];
