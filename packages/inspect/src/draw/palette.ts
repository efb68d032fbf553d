import { rgb } from 'd3-color';
import { interpolateRdBu, interpolateViridis } from 'd3-scale-chromatic';
import { extentOf } from './matrix.ts';

/** Red, green and blue, 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/** From [0, 1] to colours. */
export type Palette = (x: number) => Color;

/** Dark blue over green to yellow, even to the eye, also where colours are not seen (van der Walt & Smith 2015): for gates and attention. */
export const viridis: Palette = (x) => channels(interpolateViridis(x));

/** Blue over white to red (Brewer's RdBu, turned round): for values around 0. */
export const blueWhiteRed: Palette = (x) => channels(interpolateRdBu(1 - x));

function channels(css: string): Color {
  const { r, g, b } = rgb(css);
  return [r, g, b];
}

/** How numbers become colours. */
export interface ColorScale {
  readonly low: number;
  readonly high: number;
  readonly palette: Palette;
}

export interface ColorScaleOptions {
  /** The numbers at the ends of the palette. Default: [0, 1] for numbers within it, else those around 0 that hold all. */
  readonly range?: readonly [low: number, high: number] | undefined;
  /** Default: `viridis`, and `blueWhiteRed` where there are negative numbers. */
  readonly palette?: Palette | undefined;
}

/** A scale that fits the numbers: gates and attention from 0 to 1, states around 0. */
export function colorScaleFor(data: ArrayLike<number>, { range, palette }: ColorScaleOptions): ColorScale {
  const [least, most] = extentOf(data);
  const isSigned = least < 0;
  const largest = Math.max(Math.abs(least), Math.abs(most));
  const usual = isSigned ? ([-largest, largest] as const) : most <= 1 ? ([0, 1] as const) : ([0, most] as const);
  const [low, high] = range ?? usual;
  return { low, high, palette: palette ?? (low < 0 ? blueWhiteRed : viridis) };
}

/** A number's place in a scale, from 0 to 1. */
export function placeOf(x: number, { low, high }: ColorScale): number {
  return high > low ? Math.min(1, Math.max(0, (x - low) / (high - low))) : 0.5;
}
