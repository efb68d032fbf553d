import { type Curve, curvesSvg } from '@unroll/inspect';
import { count, duration } from '../report/format.ts';
import type { Measure } from '../report/progress.ts';
import type { ComparedResult } from '../training/comparison.ts';
import { type Origin, originOf } from './origin.ts';
import { pageOf, passages, pictures, tableOf } from './page.ts';
import type { RunRecord } from './run-record.ts';

/** Its settings are what all runs have alike. */
export interface ComparisonReportOptions extends Origin {
  readonly kind: string;
  readonly records: ReadonlyMap<string, RunRecord>;
  readonly results: readonly ComparedResult[];
  readonly measure: Measure;
}

/** The heading of each column of `comparisonRows`. */
export function comparisonHeader({ unit }: Measure): readonly string[] {
  return ['', 'Parameters', 'Steps', 'Best validation', 'Last in training', 'Time', `${capital(unit)}/s`];
}

/** Results as a table for people. */
export function comparisonRows(
  results: readonly ComparedResult[],
  measure: Measure,
): readonly (readonly [name: string, ...values: string[]])[] {
  return results.map(({ name, parameters, steps, best, trainingLoss, seconds, unitsPerSecond }) => [
    name,
    count(parameters),
    count(steps),
    best === undefined ? '–' : measure.score ? measure.brief(best) : best.toFixed(3),
    trainingLoss?.toFixed(3) ?? '–',
    duration(seconds),
    Number.isFinite(unitsPerSecond) ? count(unitsPerSecond) : '–',
  ]);
}

/** The validations of all runs as curves; of the training, where nothing was validated. */
export function comparedCurves(
  records: ReadonlyMap<string, RunRecord>,
  { score, lossName = 'loss' }: Measure,
): { readonly title: string; readonly yTitle: string; readonly curves: readonly Curve[] } {
  const isValidated = [...records.values()].every(({ validations }) => validations.length > 0);
  if (!isValidated) return { title: 'Training', yTitle: lossName, curves: trainingCurves(records) };
  const curves = Array.from(records, ([name, { validations }]) => ({
    name,
    values: validations.map(({ loss }) => (score ? score.of(loss) : loss)),
    at: validations.map(({ step }) => step),
  }));
  return { title: 'Validation', yTitle: score?.name ?? lossName, curves };
}

/** What a comparison came to, as a page in one file. */
export function comparisonReport(options: ComparisonReportOptions): string {
  const { kind, data, records, results, measure } = options;
  const validation = comparedCurves(records, measure);
  const training = { title: 'Training', yTitle: measure.lossName ?? 'loss', curves: trainingCurves(records) };
  const figures = validation.title === 'Training' ? [training] : [validation, training];
  const samples = Array.from(records, ([name, { samples }]) => [name, samples.at(-1)?.text ?? ''] as const);
  const written = samples.filter(([, text]) => text !== '');
  const when = new Date().toISOString().replace('T', ' ').slice(0, 16);
  return pageOf({
    title: `${kind}: ${[...records.keys()].join(', ')} on ${data.name}`,
    lead: `Trained side by side on ${when} UTC: the same data in the same batches, ${stepsOf(results)}.`,
    sections: [
      tableOf(`Results, ${measure.lossName ?? 'loss'}`, comparisonHeader(measure), comparisonRows(results, measure)),
      pictures(
        'Curves',
        figures.map((figure) => ({ title: figure.title, svg: curvesSvg({ ...figure, xTitle: 'step' }), fits: true })),
      ),
      ...(written.length === 0 ? [] : [passages('Samples at the end', written)]),
      ...originOf(options),
    ],
  });
}

/** Runs that end by the clock take as many steps as they can. */
function stepsOf(results: readonly ComparedResult[]): string {
  const steps = results.map((each) => each.steps);
  const [least, most] = [Math.min(...steps), Math.max(...steps)];
  return least === most ? `${count(least)} steps each` : `${count(least)} to ${count(most)} steps`;
}

function trainingCurves(records: ReadonlyMap<string, RunRecord>): readonly Curve[] {
  return Array.from(records, ([name, { losses }]) => ({
    name,
    values: losses.points.map(([, mean]) => mean),
    at: losses.points.map(([at]) => at),
  }));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
