import { checkLayer } from './check-layer.ts';
import { UnrollError } from '@unroll/backend';
import type { RecurrentCell, State } from '@unroll/cells';
import type { SequenceLayer } from './sequence-layer.ts';

/**
 * A layer, or a whole model, as one cell: for `Stream`, which takes inputs as they come, for `compileModel`, for `explainScan`. It shares
 * parameters and states with the layer: `new Stream({ cell: cellOf(model) })`. A `ManyToOne` by its last state answers after each step.
 * The dropout of layers and models is left out.
 * @throws UnrollError INVALID_ARGUMENT for a layer that can't go step by step, as one that reads from the right, and for what is no layer
 */
export function cellOf<S extends State>(layer: SequenceLayer<S>): RecurrentCell<S> {
  checkLayer('cellOf', layer, 'a cell already. Take it as it is.');
  if (layer.asCell) return layer.asCell();
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `cellOf: a ${layer.constructor.name} can't go step by step: a step may need what comes after it. ` +
      'Take layers of one direction; one of your own says how by a method asCell.',
  );
}
