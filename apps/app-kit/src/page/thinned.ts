import type { RecordedValidation } from './run-record.ts';

/**
 * At most `count` points of a curve, at least three: again and again the one leaves that changes its shape least, whose triangle with its neighbours
 * is smallest (Visvalingam & Whyatt 1993). First, last and lowest stay.
 */
export function thinned(points: readonly RecordedValidation[], count: number): RecordedValidation[] {
  const kept = [...points];
  while (kept.length > count) kept.splice(leastOf(kept), 1);
  return kept;
}

function leastOf(points: readonly RecordedValidation[]): number {
  const best = Math.min(...points.map(({ loss }) => loss));
  let least = 1;
  let leastArea = Infinity;
  for (let i = 1; i < points.length - 1; i++) {
    const [before, point, after] = [points[i - 1]!, points[i]!, points[i + 1]!];
    const area = Math.abs(
      (point.step - before.step) * (after.loss - before.loss) - (after.step - before.step) * (point.loss - before.loss),
    );
    if (point.loss === best || area >= leastArea) continue;
    least = i;
    leastArea = area;
  }
  return least;
}
