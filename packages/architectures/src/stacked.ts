import { checkLayer } from './check-layer.ts';
import { UnrollError, checkGiven } from '@unroll/backend';
import { type RecurrentCell, StackedCells, type StackedCellsOptions, type State } from '@unroll/cells';
import { Dropout } from '@unroll/layers';
import type { Tensor } from '@unroll/tensor';
import { cellOf } from './cell-of.ts';
import type { SequenceLayer, SequenceOptions } from './sequence-layer.ts';

export interface StackedOptions<S extends readonly State[] = readonly State[]> {
  /** From the input upwards; each reads the output of the one below. At least one. */
  readonly layers: { readonly [I in keyof S]: SequenceLayer<S[I]> };
  /** Rate of dropout between layers (not after the last), as in PyTorch. Default 0. */
  readonly dropout?: number;
}

/** Sequence layers on top of each other. The state is the list of their states: `final[0].c`. */
export class Stacked<const S extends readonly State[] = readonly State[]> implements SequenceLayer<Readonly<S>> {
  readonly layers: readonly SequenceLayer[];
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #dropout: Dropout;

  /** @throws UnrollError SHAPE_MISMATCH if the sizes of neighbours differ */
  constructor({ layers: given, dropout = 0 }: StackedOptions<S>) {
    checkGiven('Stacked', { layers: given });
    if (!Array.isArray(given)) {
      throw new UnrollError('INVALID_ARGUMENT', 'Stacked: the layers are no list. One alone goes into a list, too.');
    }
    const layers: readonly SequenceLayer[] = given;
    const bottom = layers[0];
    const top = layers.at(-1);
    if (!bottom || !top) throw new UnrollError('INVALID_ARGUMENT', 'Stacked: needs at least one layer.');
    for (const [i, layer] of layers.entries()) {
      checkLayer(`Stacked: layer ${i}`, layer);
      const below = layers[i - 1];
      if (below && below.outputSize !== layer.inputSize) {
        throw new UnrollError(
          'SHAPE_MISMATCH',
          `Stacked: layer ${i - 1} gives ${below.outputSize} features, layer ${i} wants ${layer.inputSize}.`,
        );
      }
    }
    this.layers = layers;
    this.#dropout = new Dropout({ rate: dropout });
    this.inputSize = bottom.inputSize;
    this.outputSize = top.outputSize;
  }

  /** xs is [batch, time, inputSize], ys is [batch, time, outputSize]. Drops out between layers where an `rng` is given. */
  forward(
    xs: Tensor,
    { state, mask, rng }: SequenceOptions<Readonly<S>> = {},
  ): readonly [ys: Tensor, final: Readonly<S>] {
    if (state && state.length !== this.layers.length) {
      throw new UnrollError('SHAPE_MISMATCH', `Stacked: ${state.length} states for ${this.layers.length} layers.`);
    }
    let ys = xs;
    const final: readonly State[] = this.layers.map((layer, i) => {
      const input = i > 0 ? this.#dropout.forward(ys, { rng }) : ys;
      const [above, last] = layer.forward(input, { state: state?.[i], mask, rng });
      ys = above;
      return last;
    });
    return [ys, final as Readonly<S>];
  }

  /** Without the dropout between the layers. */
  asCell(): RecurrentCell<Readonly<S>> {
    const cells: readonly RecurrentCell[] = this.layers.map((layer) => cellOf(layer));
    return new StackedCells<S>({ cells: cells as StackedCellsOptions<S>['cells'] });
  }
}
