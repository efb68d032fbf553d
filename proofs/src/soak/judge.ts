import type { Sample } from './train-and-watch.ts';

const QUANTITIES = ['heap', 'external', 'arrayBuffers', 'live', 'held', 'buffers'] as const;
export type Quantity = (typeof QUANTITIES)[number];

/** Compiled code and caches settle in this share of the run. */
const WARM_UP = 0.1;
/** How many times as high the second half may go as the first. The backend counts: a leak of one number per step would show there. */
export const TOLERANCE: Readonly<Record<Quantity, number>> = {
  heap: 1.05,
  external: 1.05,
  arrayBuffers: 1.05,
  live: 1.01,
  held: 1.01,
  buffers: 1.01,
};

/** What goes higher in the second half of a run of so many steps than in the first. */
export function risingIn(samples: readonly Sample[], steps: number): readonly Quantity[] {
  const settled = samples.filter(({ step }) => step > steps * WARM_UP);
  const middle = settled[Math.floor(settled.length / 2)]!.step;
  const highest = (of: Quantity, half: readonly Sample[]): number => Math.max(...half.map((sample) => sample[of]));
  const first = settled.filter(({ step }) => step <= middle);
  const second = settled.filter(({ step }) => step > middle);
  return QUANTITIES.filter((of) => !(highest(of, second) <= highest(of, first) * TOLERANCE[of]));
}
