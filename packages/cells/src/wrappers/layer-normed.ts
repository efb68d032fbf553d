import { LayerNorm } from '@unroll/layers';
import type { Tensor } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { CellWrapper } from './cell-wrapper.ts';

export interface LayerNormedOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
  /** Normalizes x before the cell. Default: none. */
  readonly input?: LayerNorm;
  /** Normalizes y behind the cell. Default: a new one, unless `input` is given. */
  readonly output?: LayerNorm;
}

/**
 * A cell between layer normalizations (Ba, Kiros & Hinton 2016): y = LN(cell(x)), or cell(LN(x)), or both. What is handed on from
 * step to step is not normalized; for that see `LayerNormLstmCell` and `LayerNormGruCell`.
 */
export class LayerNormed<S extends State = State> extends CellWrapper<S> {
  readonly input: LayerNorm | undefined;
  readonly output: LayerNorm | undefined;

  constructor({ cell, input, output }: LayerNormedOptions<S>) {
    super(cell);
    this.input = input;
    this.output = output ?? (input ? undefined : new LayerNorm({ size: cell.outputSize }));
  }

  protected stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S] {
    const [y, next] = cell.step(this.input ? this.input.forward(x) : x, state);
    return [this.output ? this.output.forward(y) : y, next];
  }
}
