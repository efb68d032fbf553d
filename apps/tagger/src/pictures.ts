import { heatMapsSvg } from '@unroll/inspect';
import type { ConfusionMatrix } from '@unroll/metrics';
import type { Prediction } from './tag.ts';
import type { Vocabularies } from './vocabularies.ts';

/** Characters of a tag that fits below a column. */
const SHORT = 6;

/** What was taken for what, as an SVG image. Each row adds up to 1, so that rare tags are seen, too; long tags are numbered below. */
export function confusionSvg({ labels, counts }: ConfusionMatrix<string>, title: string): string {
  const shares = counts.flatMap((row) => {
    const total = row.reduce((sum, each) => sum + each, 0);
    return row.map((each) => (total === 0 ? NaN : each / total));
  });
  const isNumbered = labels.some((label) => label.length > SHORT);
  return heatMapsSvg({
    title,
    panels: [
      {
        title: 'share of the words with the tag at the left',
        matrix: { rows: labels.length, columns: labels.length, data: shares },
        rowLabels: isNumbered ? labels.map((label, i) => `${label}  ${i + 1}`) : labels,
      },
    ],
    columnLabels: isNumbered ? labels.map((_, i) => String(i + 1)) : labels,
    xTitle: 'tagged as',
  });
}

/** Tags that are nowhere as probable as this are left out of a picture. */
const VISIBLE = 0.02;

/**
 * How probable each tag of each word is, as an SVG image: what the model wavers between. One panel for each of several predictions of the same
 * sentence, by models with the same tags.
 * @throws UnrollError SHAPE_MISMATCH for different sentences
 */
export function probabilitiesSvg(
  predictions: Readonly<Record<string, Prediction>>,
  { tags }: Pick<Vocabularies, 'tags'>,
  title: string,
): string {
  const all = Object.values(predictions);
  const ids = Array.from({ length: tags.size }, (_, id) => id).filter((id) =>
    all.some(({ probabilities }) => probabilities.some((each) => each[id]! >= VISIBLE)),
  );
  return heatMapsSvg({
    title,
    panels: Object.entries(predictions).map(([name, { probabilities }]) => ({
      title: name,
      matrix: {
        rows: ids.length,
        columns: probabilities.length,
        data: ids.flatMap((id) => probabilities.map((each) => each[id]!)),
      },
      rowLabels: ids.map((id) => tags.tokenOf(id)),
      range: [0, 1],
    })),
    columnLabels: all[0]?.words ?? [],
    xTitle: 'word',
  });
}
