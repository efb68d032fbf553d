import { checkGiven } from '@unroll/backend';
import type { SequenceLayer } from '@unroll/architectures';
import { type RecurrentCell, type State, scan } from '@unroll/cells';
import { type Tensor, scope } from '@unroll/tensor';
import { type SeriesByName, readSeries, stacked } from './series.ts';
import { ownersOf } from './watch/owners.ts';
import { watchedRun } from './watch/watched-run.ts';

export interface InspectOptions<S extends State> {
  /** [batch, time]: 1 live, 0 padding. */
  readonly mask?: Tensor | undefined;
  /** The state before the first step. Default: the initial state. */
  readonly state?: S | undefined;
  /**
   * What the names are paths in. Default: the layer itself. A decoder bound to its source has no parameters of its own: give the model
   * that has.
   */
  readonly model?: object | undefined;
}

/**
 * What a layer or a cell computes on xs [batch, time, inputSize], besides its output: gates, states, attention; every value that its cells name by
 * `probe`, at every step. The steps run one by one, and give the numbers that a compiled `scan` gives.
 * @throws UnrollError SHAPE_MISMATCH as `scan`
 */
export async function inspect<S extends State>(
  layer: SequenceLayer<S> | RecurrentCell<S>,
  xs: Tensor,
  { mask, state, model = layer }: InspectOptions<S> = {},
): Promise<SeriesByName> {
  checkGiven('inspect', { layer, xs });
  const run = (): void => {
    if ('forward' in layer) layer.forward(xs, { mask, state });
    else scan(layer, xs, { mask, state });
  };
  return inspectRun(model, run, { mask });
}

/**
 * `inspect` for anything that runs: what the cells of a model name by `probe` while `run` runs.
 * The mask [batch, time] marks what is padding.
 */
export async function inspectRun(
  model: object,
  run: () => unknown,
  { mask }: { readonly mask?: Tensor | undefined } = {},
): Promise<SeriesByName> {
  checkGiven('inspectRun', { model, run });
  const tensors = scope(() => {
    const { watched } = watchedRun(ownersOf(model), () => void run());
    return stacked(model, watched);
  });
  return readSeries(tensors, mask);
}
