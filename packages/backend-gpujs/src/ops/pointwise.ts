import type { Shape } from '@unroll/backend';
import type { Device, Handle } from '../device/index.ts';
import { type Walk, collapsed, coordinates, isContiguous, position, sidesOf } from './nest.ts';

/** An array and how it is walked. */
export interface Operand {
  readonly handle: Handle;
  readonly walk: Walk;
}

export interface PointwiseCall {
  readonly name: string;
  /** Of the result. */
  readonly shape: Shape;
  readonly operands: readonly Operand[];
  /** The element, of the names of the operands' elements and of the scalars. */
  readonly formula: (...names: readonly string[]) => string;
  readonly scalars?: readonly number[];
}

const NAMES = ['x', 'y', 'z', 'u', 'v', 'w', 'p'];

/** One kernel for any formula over arrays of any strides: its text holds the strides, so that nothing is computed but places. */
export function pointwise(device: Device, { name, shape, operands, formula, scalars = [] }: PointwiseCall): Handle {
  const { lengths, walks } = collapsed(
    shape,
    operands.map(({ walk }) => walk),
  );
  const place = coordinates(lengths);
  const values = operands.map((_, i) => NAMES[i]!);
  const numbers = scalars.map((_, i) => `s${i}`);
  const reads = walks.map((walk, i) => {
    const at = isContiguous(lengths, walk) ? 'index' : position(place.names, walk);
    return `const ${values[i]}=${values[i]!.toUpperCase()}[${at}];`;
  });
  const parameters = [...values.map((value) => value.toUpperCase()), ...numbers].join(',');
  return device.run(
    {
      name,
      source: `function(${parameters}){${place.text}${reads.join('')}return ${formula(...values, ...numbers)};}`,
      ...sidesOf(lengths),
      components: 1,
      inputs: operands.map(() => 1 as const),
      scalars: numbers.map(() => 'float' as const),
    },
    operands.map(({ handle }) => handle),
    scalars,
  );
}
