import { curvesSvg } from '@unroll/inspect';
import type { FitSummary } from '@unroll/training';
import { count, duration } from '../report/format.ts';
import type { Measure } from '../report/progress.ts';
import { type Origin, originOf } from './origin.ts';
import type { Html } from './html.ts';
import { type Picture, pageOf, passages, pictures, tiles } from './page.ts';
import type { RunRecord } from './run-record.ts';

export interface RunReportOptions extends Origin {
  /** The app. */
  readonly kind: string;
  readonly record: RunRecord;
  readonly measure: Measure;
  /** How many numbers the model has learned. */
  readonly parameters: number;
  readonly end: FitSummary;
  /** Of training, over all parts of the run. */
  readonly seconds: number;
  readonly pictures?: readonly Picture[];
}

const ENDS = { steps: 'ended', aborted: 'stopped by the user', 'early-stopping': 'ended early' } as const;

/** What a run came to, as a page in one file. */
export function runReport(options: RunReportOptions): string {
  const { kind, data, record, end } = options;
  const sections: Html[] = [
    tiles(summaryOf(options)),
    pictures('Curves', curvesOf(options)),
    ...(options.pictures && options.pictures.length > 0 ? [pictures('Pictures', options.pictures)] : []),
    ...(record.samples.length === 0
      ? []
      : [
          passages(
            'Samples',
            record.samples.map(({ step, text }) => [`After step ${count(step)}`, text] as const),
          ),
        ]),
    ...originOf(options),
  ];
  const when = new Date().toISOString().replace('T', ' ').slice(0, 16);
  const lead = `A run of ${kind} train, ${ENDS[end.reason]} at step ${count(end.step)} on ${when} UTC.`;
  return pageOf({ title: `${kind}: ${data.name}`, lead, sections });
}

function summaryOf(options: RunReportOptions): readonly (readonly [name: string, value: string])[] {
  const { measure, record, end, parameters, seconds, settings } = options;
  const last = record.losses.points.at(-1)?.[1];
  return [
    ...(end.best ? [[`Best validation, step ${count(end.best.step)}`, measure.describe(end.best.loss)] as const] : []),
    ...(last === undefined ? [] : [[`Last ${measure.lossName ?? 'loss'} in training`, last.toFixed(3)] as const]),
    ['Steps', count(end.step)],
    ['Time of training', duration(seconds)],
    ['Parameters', count(parameters)],
    ...(settings['seed'] === undefined ? [] : [['Seed', settings['seed']] as const]),
  ];
}

function curvesOf({ record, measure }: RunReportOptions): readonly Picture[] {
  const { lossName = 'loss', score } = measure;
  const training = {
    name: 'training',
    values: record.losses.points.map(([, mean]) => mean),
    at: record.losses.points.map(([at]) => at),
  };
  const { validations } = record;
  const at = validations.map(({ step }) => step);
  const own = { name: 'validation', values: validations.map(({ loss }) => loss), at };
  const shared = { xTitle: 'step', yTitle: lossName };
  const isOne = score === undefined && validations.length > 0;
  const first = curvesSvg({ title: capital(lossName), curves: isOne ? [training, own] : [training], ...shared });
  const figures = [
    isOne
      ? { title: 'Training and validation', svg: first, fits: true, caption: 'Solid: training. Dashed: validation.' }
      : { title: 'Training', svg: first, fits: true },
  ];
  if (score === undefined || validations.length === 0) return figures;
  const curve = { name: 'validation', values: validations.map(({ loss }) => score.of(loss)), at };
  const svg = curvesSvg({ title: capital(score.name), curves: [curve], xTitle: 'step', yTitle: score.name });
  return [...figures, { title: 'Validation', svg, fits: true }];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
