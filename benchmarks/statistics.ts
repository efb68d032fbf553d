/** The value below which a part `p` of the numbers lies; of none, NaN. Between two numbers it is interpolated. */
export function quantile(numbers: readonly number[], p: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * p;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** Of none, NaN. */
export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/**
 * How many times as long as a reference: the median over the rounds that both took part in, each compared with its own round, so
 * that a busy moment of the machine falls on both. Undefined where there is no such round.
 */
export function pairedRatio(
  times: readonly (number | undefined)[],
  reference: readonly (number | undefined)[],
): number | undefined {
  const ratios = times.flatMap((time, round) => {
    const other = reference[round];
    return time === undefined || other === undefined ? [] : [time / other];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** Whether each figure is within a distance of the expected one. Fewer figures than expected are fine, none are no proof. */
export function agrees(
  figures: readonly number[],
  expected: readonly number[],
  tolerance: number,
): boolean | undefined {
  if (figures.length === 0) return undefined;
  return figures.every((figure, i) => Math.abs(figure - expected[i]!) <= tolerance);
}
