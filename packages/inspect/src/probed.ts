import { checkGiven } from '@unroll/backend';
import type { RecurrentCell, State } from '@unroll/cells';
import { mapTensors, probe } from '@unroll/tensor';

/**
 * Any cell, with its output and the leaves of its state named by `probe`: `y`, `state.h`; a bare state is `state`. For cells that name nothing
 * themselves.
 */
export function probed<S extends State>(
  cell: RecurrentCell<S>,
): RecurrentCell<S> & { readonly cell: RecurrentCell<S> } {
  checkGiven('probed', { cell });
  return {
    cell,
    inputSize: cell.inputSize,
    outputSize: cell.outputSize,
    initialState: (batch) => cell.initialState(batch),
    step(x, state) {
      const [y, next] = cell.step(x, state);
      const name = (path: string): string => (path === '' ? 'state' : `state.${path}`);
      return [probe('y', y), mapTensors(next, (leaf, path) => probe(name(path), leaf))];
    },
    drawn: (draw) => probed(cell.drawn?.(draw) ?? cell),
  };
}
