import { UnrollError } from '@unroll/backend';
import type { Linear } from '@unroll/layers';
import type { Tensor } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { CellWrapper } from './cell-wrapper.ts';

export interface ProjectedOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
  /** Maps x to what the cell takes. */
  readonly input?: Linear;
  /** Maps what the cell gives to y. */
  readonly output?: Linear;
}

/**
 * A cell between linear maps: y = W_out cell(W_in x + b_in) + b_out, each map optional. What is handed on from step to step is not
 * projected; for that see `ProjectedLstmCell`.
 */
export class Projected<S extends State = State> extends CellWrapper<S> {
  readonly input: Linear | undefined;
  readonly output: Linear | undefined;

  /** @throws UnrollError SHAPE_MISMATCH if a map does not fit the cell */
  constructor({ cell, input, output }: ProjectedOptions<S>) {
    super(cell, { ...(input && { inputSize: input.inputSize }), ...(output && { outputSize: output.outputSize }) });
    checkFit('input map gives', input?.outputSize, 'cell takes', cell.inputSize);
    checkFit('output map takes', output?.inputSize, 'cell gives', cell.outputSize);
    this.input = input;
    this.output = output;
  }

  protected stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S] {
    const [y, next] = cell.step(this.input ? this.input.forward(x) : x, state);
    return [this.output ? this.output.forward(y) : y, next];
  }
}

function checkFit(map: string, actual: number | undefined, cell: string, expected: number): void {
  if (actual === undefined || actual === expected) return;
  throw new UnrollError(
    'SHAPE_MISMATCH',
    `Projected: the ${map} ${actual} features, the ${cell} ${expected}. Make the map with the size of the cell.`,
  );
}
