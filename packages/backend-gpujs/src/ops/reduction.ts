import { type Shape, sizeOf } from '@unroll/backend';
import type { Device, Handle } from '../device/index.ts';
import { larger, marked, sumIsOdd } from './formulas.ts';
import { type Walk, collapsed, coordinates, position, sidesOf, stridesOf } from './nest.ts';

/** How elements are put together, as text: the new total of the old one and of an element. */
export interface Combine {
  readonly name: string;
  /** What the total begins with: a number, or the first element, which may then come twice. */
  readonly start: '0' | 'X[start]';
  readonly next: (total: string, value: string) => string;
  /** How totals of parts are put together. Default: as elements are. */
  readonly parts?: Combine;
}

export const SUM: Combine = { name: 'sum', start: '0', next: (total, value) => `(${total}+${value})` };
export const INTEGER_SUM: Combine = {
  name: 'sum',
  start: '0',
  next: marked((total, value) => `(${total}+${value})`, sumIsOdd),
};
export const MAX: Combine = { name: 'max', start: 'X[start]', next: larger };

export const SUM_OF_SQUARES: Combine = {
  name: 'sumOfSquares',
  start: '0',
  next: (total, value) => `(${total}+${value}*${value})`,
  parts: SUM,
};

/** More terms than this are added up in parts by many threads. */
const LONGEST = 1024;

export interface Reduction {
  readonly x: Handle;
  readonly shape: Shape;
  readonly axes: readonly number[];
  readonly combine: Combine;
}

/** Puts elements together along axes of an array that is not empty, in parts where they are many. */
export function reduce(device: Device, { x, shape, axes, combine }: Reduction): Handle {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const strides = stridesOf(shape);
  const along = { strides, offset: 0 };
  const inner = collapsed(
    shape.map((length, axis) => (axes.includes(axis) ? length : 1)),
    [along],
  );
  const outer = collapsed(kept, [along]);
  const count = sizeOf(inner.lengths);
  if (count <= LONGEST) {
    return fold(device, {
      x,
      combine,
      outer: outer.lengths,
      walk: outer.walks[0]!,
      inner: inner.lengths,
      steps: inner.walks[0]!,
    });
  }
  if (inner.lengths.length > 1) {
    // One group of axes after the other.
    const axis = axes.find((each) => shape[each]! > 1)!;
    const first = reduce(device, { x, shape, axes: [axis], combine });
    const rest = {
      x: first,
      shape: shape.map((length, i) => (i === axis ? 1 : length)),
      axes: axes.filter((each) => each !== axis),
      combine: combine.parts ?? combine,
    };
    return reduce(device, rest);
  }
  // Each thread takes a part; then the parts are put together.
  const part = Math.ceil(Math.sqrt(count));
  const parts = Math.ceil(count / part);
  const [stride] = inner.walks[0]!.strides as [number];
  const partial = fold(device, {
    x,
    combine,
    outer: [...outer.lengths, parts],
    walk: { strides: [...outer.walks[0]!.strides, stride * part], offset: 0 },
    inner: [part],
    steps: { strides: [stride], offset: 0 },
    bound: { part, count },
  });
  const rest = { x: partial, shape: [sizeOf(kept), parts], axes: [1], combine: combine.parts ?? combine };
  return reduce(device, rest);
}

interface Fold {
  readonly x: Handle;
  readonly combine: Combine;
  readonly outer: readonly number[];
  readonly walk: Walk;
  readonly inner: readonly number[];
  readonly steps: Walk;
  /** The last coordinate counts parts, of which the last one is shorter. */
  readonly bound?: { readonly part: number; readonly count: number };
}

/** One kernel: each thread walks all that belongs to its element. */
function fold(device: Device, { x, combine, outer, walk, inner, steps, bound }: Fold): Handle {
  const place = coordinates(outer);
  const names = inner.map((_, i) => `k${i}`);
  const offset = position(names, steps);
  const loops = inner.map((length, i) => `for(let k${i}=0;k${i}<${length};k${i}++){`).join('');
  const guard = bound ? `if(column*${bound.part}+k0<${bound.count})` : '';
  const source =
    `function(X){${place.text}const start=${position(place.names, walk)};let total=${combine.start};` +
    `${loops}${guard}{const value=X[start+${offset}];total=${combine.next('total', 'value')};}` +
    `${'}'.repeat(inner.length)}return total;}`;
  return device.run({ name: combine.name, source, ...sidesOf(outer), components: 1, inputs: [1] }, [x]);
}
