import type { TextFeature } from './features.ts';
import type { UnitSeries } from './read-units.ts';

/** A unit that follows a feature of the text. */
export interface FollowingUnit {
  /** `layer 1 h`. */
  readonly series: string;
  /** From 0. */
  readonly unit: number;
  /** Pearson's correlation of unit and feature, from −1 to 1, over the half of the text by which it was not chosen. */
  readonly correlation: number;
}

/** The units that follow a feature best. */
export interface Followers {
  readonly feature: TextFeature;
  /** The best first; none where the feature is the same through half of the text. */
  readonly units: readonly FollowingUnit[];
}

/**
 * Which units follow which features. Among thousands of units some correlate by chance with anything: they are chosen by the first half of the text, and
 * their correlation is that over the other half.
 */
export function unitsThatFollow(
  all: readonly UnitSeries[],
  characters: readonly string[],
  features: readonly TextFeature[],
  top: number,
): readonly Followers[] {
  const half = characters.length >> 1;
  return features.map((feature) => {
    const values = feature.of(characters);
    const [chosenBy, judgedBy] = [values.subarray(0, half), values.subarray(half)];
    if (deviation(chosenBy) === 0 || deviation(judgedBy) === 0) return { feature, units: [] };
    const ranked = all
      .flatMap((series) =>
        Array.from({ length: series.values.rows }, (_, unit) => {
          const row = unitRow(series, unit);
          return { series: series.name, unit, row, chosen: correlation(row.subarray(0, half), chosenBy) };
        }),
      )
      .toSorted((a, b) => Math.abs(b.chosen) - Math.abs(a.chosen))
      .slice(0, top);
    const units = ranked.map(({ series, unit, row }) => ({
      series,
      unit,
      correlation: correlation(row.subarray(half), judgedBy),
    }));
    return { feature, units };
  });
}

/** What a unit is after each character. */
export function unitRow({ values: { columns, data } }: UnitSeries, unit: number): Float32Array {
  const row = new Float32Array(columns);
  for (let i = 0; i < columns; i++) row[i] = data[unit * columns + i]!;
  return row;
}

/** How far each value is from the mean of what is usual: 1 is twice the standard deviation above it. */
export function comparedWith(values: ArrayLike<number>, usual: ArrayLike<number>): Float32Array {
  const centre = mean(usual);
  const spread = Math.sqrt(deviation(usual) / usual.length);
  return Float32Array.from(values, (value) => (spread === 0 ? 0 : (value - centre) / (2 * spread)));
}

/** Pearson's: the covariance over both deviations; 0 where one of them is. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [covariance, varianceA, varianceB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB];
    covariance += x * y;
    varianceA += x * x;
    varianceB += y * y;
  }
  return varianceA * varianceB === 0 ? 0 : covariance / Math.sqrt(varianceA * varianceB);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function deviation(values: ArrayLike<number>): number {
  const centre = mean(values);
  return Array.from(values).reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
