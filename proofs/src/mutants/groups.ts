import type { MutationGroup } from './mutation.ts';
import { cells } from './groups/cells.ts';
import { compiled } from './groups/compiled.ts';
import { derivatives } from './groups/derivatives.ts';
import { files } from './groups/files.ts';
import { layers } from './groups/layers.ts';
import { loops } from './groups/loops.ts';
import { measures } from './groups/measures.ts';
import { sequences } from './groups/sequences.ts';
import { threads } from './groups/threads.ts';
import { training } from './groups/training.ts';

/** The mistakes that the tests must notice, from the equations up to the training loop. */
export const groups: readonly MutationGroup[] = [
  cells,
  sequences,
  loops,
  compiled,
  threads,
  derivatives,
  layers,
  ...training,
  ...measures,
  files,
];
