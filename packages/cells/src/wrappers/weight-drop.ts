import { UnrollError } from '@unroll/backend';
import { dropout } from '@unroll/layers';
import { type Parameter, type Tensor, namedParameters, withParameterValues } from '@unroll/tensor';
import type { RecurrentCell, State } from '../cell.ts';
import { type Draw, drawnCell, withStep } from '../draw.ts';
import { CellWrapper } from './cell-wrapper.ts';
import { checkRate } from './locked-dropout.ts';

export interface WeightDropOptions<S extends State> {
  readonly cell: RecurrentCell<S>;
  /** The probability with which a weight becomes 0. */
  readonly rate: number;
  /** Which parameters, by name. Default: the recurrent matrices, whose names end with `weight_hh`. */
  readonly drops?: (name: string) => boolean;
}

/**
 * DropConnect on recurrent weights (Wan et al. 2013; Merity, Keskar & Socher 2018): elements of the weights themselves become 0, the
 * others grow by 1/(1 − rate). They are drawn once per run with an `rng`, for all steps and examples; without, this is the cell inside.
 */
export class WeightDrop<S extends State = State> extends CellWrapper<S> {
  readonly #rate: number;
  readonly #drops: (name: string) => boolean;

  /** @throws UnrollError INVALID_ARGUMENT for a rate outside [0, 1), or if no parameter is chosen */
  constructor({ cell, rate, drops = (name) => name.endsWith('weight_hh') }: WeightDropOptions<S>) {
    super(cell);
    checkRate('WeightDrop: the rate', rate);
    this.#rate = rate;
    this.#drops = drops;
    if (this.#chosen().length > 0) return;
    const names = namedParameters(cell).map(([name]) => name);
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `WeightDrop: none of the cell's parameters is chosen (${names.join(', ')}). Choose by \`drops\`.`,
    );
  }

  override drawn(draw: Draw): RecurrentCell<S> {
    const values = new Map<Parameter, Tensor>();
    for (const parameter of this.#chosen()) values.set(parameter, dropout(parameter.value, this.#rate, draw.rng));
    const cell = drawnCell(this.cell, draw);
    return withStep(cell, (x, state) => withParameterValues(values, () => cell.step(x, state)));
  }

  protected stepAround(cell: RecurrentCell<S>, x: Tensor, state: S): readonly [y: Tensor, next: S] {
    return cell.step(x, state);
  }

  #chosen(): readonly Parameter[] {
    return namedParameters(this.cell).flatMap(([name, parameter]) => (this.#drops(name) ? [parameter] : []));
  }
}
