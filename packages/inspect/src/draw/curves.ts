import { scaleLinear, scaleLog } from 'd3-scale';
import { extentOf } from './matrix.ts';

/** One line. */
export interface Curve {
  readonly name: string;
  /** NaN, and what a logarithm has not, leaves a gap. */
  readonly values: ArrayLike<number>;
  /** Where each value stands. Default 1, 2, 3, … */
  readonly at?: ArrayLike<number> | undefined;
}

export interface CurvesOptions {
  readonly title: string;
  readonly curves: readonly Curve[];
  /** Default: time step. */
  readonly xTitle?: string;
  /** Default: none. */
  readonly yTitle?: string;
  /** Equal factors, not equal differences, are equally far apart: for gradients. Default false. */
  readonly logarithmic?: boolean;
  /** The same for x: for learning rates. Default false. */
  readonly logarithmicX?: boolean;
}

/** A line of a diagram: its axis from numbers to pixels or characters, and the numbers to write beside it. */
export interface Axis {
  place(x: number): number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** Below it, a logarithmic axis has no round number left. */
const SMALLEST = 1e-300;

/** The points of a curve that can be drawn, in runs without a gap. */
export function runsOf(
  { values, at }: Curve,
  { logarithmic = false, logarithmicX = false }: CurvesOptions,
): readonly (readonly (readonly [x: number, y: number])[])[] {
  const runs: (readonly [number, number])[][] = [[]];
  const drawable = (x: number, isLog: boolean): boolean => Number.isFinite(x) && (!isLog || x >= SMALLEST);
  for (let i = 0; i < values.length; i++) {
    const [x, y] = [at?.[i] ?? i + 1, values[i]!];
    if (drawable(x, logarithmicX) && drawable(y, logarithmic)) runs.at(-1)!.push([x, y]);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** The axes that hold all curves, from pixels or characters `from` to `to`. */
export function axesOf(
  options: CurvesOptions,
  x: { readonly range: readonly [number, number]; readonly ticks: number },
  y: { readonly range: readonly [number, number]; readonly ticks: number },
): { readonly x: Axis; readonly y: Axis } {
  const points = options.curves.flatMap((curve) => runsOf(curve, options).flat());
  return {
    x: axis(extentOf(points.map(([place]) => place)), x.range, x.ticks, options.logarithmicX === true, false),
    y: axis(extentOf(points.map(([, value]) => value)), y.range, y.ticks, options.logarithmic === true, true),
  };
}

function axis(
  [low, high]: readonly [number, number],
  range: readonly [number, number],
  count: number,
  isLogarithmic: boolean,
  isNice: boolean,
): Axis {
  if (isLogarithmic) {
    const [least, most] = [low > 0 ? low : 1e-3, high > 0 ? high : 1];
    const scale = scaleLog([least, most > least ? most : 10 * least], range);
    if (isNice) scale.nice();
    const powers = scale.ticks(count).filter((value) => Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6));
    const every = Math.max(1, Math.ceil(powers.length / count));
    const ticks = powers.filter((_, i) => i % every === 0);
    return { place: (value) => scale(value), ticks: ticks.map((value) => ({ value, label: value.toExponential(0) })) };
  }
  const scale = scaleLinear(high > low ? [low, high] : [low - 0.5, high + 0.5], range);
  if (isNice) scale.nice(count);
  const format = scale.tickFormat(count);
  return {
    place: (value) => scale(value),
    ticks: scale.ticks(count).map((value) => ({ value, label: format(value) })),
  };
}
