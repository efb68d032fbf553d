import { UnrollError } from '@unroll/backend';
import type { Split } from '../split.ts';
import { checkCount } from '../checks.ts';
import { type Scaler, fitStandardScaler } from './scaler.ts';

/** A row of features for each step. */
export type Row = ArrayLike<number>;

/** Some steps, and those to be predicted from them. `tensor(windows.map(({ inputs }) => inputs))` is [batch, input, features]. */
export interface SeriesWindow {
  /** The position of the first input in the series, from 0. */
  readonly start: number;
  /** `input` rows. */
  readonly inputs: readonly Row[];
  /** The `horizon` rows after them. */
  readonly targets: readonly Row[];
}

export interface WindowOptions {
  /** Steps that the model sees. */
  readonly input: number;
  /** Steps that it predicts. Default 1. */
  readonly horizon?: number;
  /** Steps from one window to the next. Default 1. */
  readonly stride?: number;
}

/**
 * All windows of a series in order. Rows are shared, not copied.
 * @throws UnrollError INVALID_ARGUMENT for an option that is no count
 */
export function slidingWindows(
  series: readonly Row[],
  options: WindowOptions,
): Generator<SeriesWindow, void, undefined> {
  return windows(series, checked('slidingWindows', options));
}

function* windows(
  series: readonly Row[],
  { input, horizon = 1, stride = 1 }: WindowOptions,
): Generator<SeriesWindow, void, undefined> {
  for (let start = 0; start + input + horizon <= series.length; start += stride) {
    const end = start + input;
    yield { start, inputs: series.slice(start, end), targets: series.slice(end, end + horizon) };
  }
}

/** As `slidingWindows` over rows that come one by one, say from `readCsvNumbers`: memory holds one window. */
export function streamSlidingWindows(
  rows: AsyncIterable<Row> | Iterable<Row>,
  options: WindowOptions,
): AsyncGenerator<SeriesWindow, void, undefined> {
  return streamed(rows, checked('streamSlidingWindows', options));
}

async function* streamed(
  rows: AsyncIterable<Row> | Iterable<Row>,
  { input, horizon = 1, stride = 1 }: WindowOptions,
): AsyncGenerator<SeriesWindow, void, undefined> {
  const length = input + horizon;
  const held: Row[] = [];
  let position = 0;
  for await (const row of rows) {
    held.push(row);
    position++;
    const start = position - length;
    if (start >= 0 && start % stride === 0) yield { start, inputs: held.slice(0, input), targets: held.slice(input) };
    if (held.length === length) held.shift();
  }
}

/** Windows to train on and windows to validate on, on the scale of the training part. */
export interface SeriesSplit extends Split<readonly SeriesWindow[]> {
  /** Fitted on the training part: `scaler.inverse(prediction)` has the units of the data. */
  readonly scaler: Scaler;
}

export interface SeriesSplitOptions extends WindowOptions {
  /** The part of the steps, from the beginning, that training may see: from 0 to 1, say 0.8. */
  readonly trainFraction: number;
  /** Makes the scaler from the rows of the training part. Default `fitStandardScaler`. */
  readonly fit?: (trainRows: readonly Row[]) => Scaler;
}

/**
 * A series cut at one moment, scaled and in windows, so that nothing of the future reaches training: the scaler is fitted on the steps before the
 * cut, training windows end before it, and the targets of validation windows begin after it (their inputs may reach back).
 * @throws UnrollError INVALID_ARGUMENT if a part is too short for a window
 */
export function splitSeries(series: readonly Row[], options: SeriesSplitOptions): SeriesSplit {
  const { trainFraction, fit = fitStandardScaler, ...windows } = options;
  const { input } = checked('splitSeries', windows);
  if (!(trainFraction >= 0 && trainFraction <= 1)) {
    throw new UnrollError(
      'INVALID_ARGUMENT',
      `splitSeries: trainFraction is ${trainFraction}; it must be from 0 to 1, say 0.8.`,
    );
  }
  const cut = Math.floor(series.length * trainFraction);
  const scaler = fit(series.slice(0, cut));
  const scaled = series.map((row) => scaler.transform(row));
  const train = [...slidingWindows(scaled.slice(0, cut), windows)];
  const reach = Math.max(0, cut - input);
  const validation = Array.from(slidingWindows(scaled.slice(reach), windows), (each) => ({
    ...each,
    start: each.start + reach,
  }));
  if (train.length > 0 && validation.length > 0) return { train, validation, scaler };
  throw new UnrollError(
    'INVALID_ARGUMENT',
    `splitSeries: ${series.length} steps cut at ${cut} leave no window of ${input} + ${windows.horizon ?? 1} steps in a part. Use shorter windows or a longer series.`,
  );
}

function checked<Options extends WindowOptions>(where: string, options: Options): Options {
  const { input, horizon = 1, stride = 1 } = options;
  checkCount(where, 'input', input);
  checkCount(where, 'horizon', horizon);
  checkCount(where, 'stride', stride);
  return options;
}
