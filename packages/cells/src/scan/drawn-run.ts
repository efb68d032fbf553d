import { UnrollError } from '@unroll/backend';
import { type Rng, type Tensor, concat } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { drawnCell } from '../draw.ts';

/** A cell and what it reads. */
export interface Run<S extends State> {
  readonly cell: RecurrentCell<S>;
  /** [batch, time, cell.inputSize] */
  readonly xs: Tensor;
}

/**
 * The same run with all noise drawn. Noise that is new at each step is a sequence like the input, so it goes beside it, and the step
 * takes it off again: a traced loop sees nothing random.
 */
export function drawnRun<S extends State>({ cell, xs }: Run<S>, rng: Rng): Run<S> {
  const [batch, time] = xs.shape as [number, number, number];
  const noises: Tensor[] = [];
  let present: readonly Tensor[] = [];
  const drawn = drawnCell(cell, {
    rng,
    batch,
    like: xs,
    perStep: (size, sample) => {
      const slot = noises.push(sample([batch, time, size]));
      return () => {
        const noise = present[slot];
        if (noise) return noise;
        throw new UnrollError('INVALID_ARGUMENT', 'scan: noise of a run is asked for outside of its steps.');
      };
    },
  });
  if (noises.length === 0) return { cell: drawn, xs };
  const sizes = [cell.inputSize, ...noises.map((noise) => noise.shape[2]!)];
  const noisy: RecurrentCell<S> = {
    inputSize: sizes.reduce((sum, size) => sum + size),
    outputSize: cell.outputSize,
    initialState: (size) => drawn.initialState(size),
    step: (x, state) => {
      const outer = present;
      present = x.split(1, sizes);
      try {
        return drawn.step(present[0]!, state);
      } finally {
        present = outer;
      }
    },
  };
  return { cell: noisy, xs: concat([xs, ...noises], 2) };
}
