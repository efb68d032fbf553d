import { join } from 'node:path';
import { dataFolder } from '@unroll/fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Scaler,
  ScalerFit,
  collect,
  fitMinMaxScaler,
  fitStandardScaler,
  slidingWindows,
  splitSeries,
  streamSlidingWindows,
} from '../index.ts';
import { readCsvNumbers } from '../csv.ts';
import { fileSource } from '../node.ts';

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const rows = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 });

describe('scalers', () => {
  it('standard: the rows that it was fitted on have mean 0 and deviation 1', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const scaler = fitStandardScaler(all);
        const first = all.map((row) => scaler.transform(row)[0]!);
        const mean = first.reduce((sum, each) => sum + each, 0) / first.length;
        const variance = first.reduce((sum, each) => sum + (each - mean) ** 2, 0) / first.length;
        const spread = Math.max(...all.map(([x]) => x)) - Math.min(...all.map(([x]) => x));
        // Where values differ in the last bits only, their deviation is rounding.
        fc.pre(spread === 0 || spread > 1e-3);
        expect(mean).toBeCloseTo(0, 5);
        expect(variance).toBeCloseTo(spread === 0 ? 0 : 1, 5);
      }),
    );
  });

  it('min-max: they lie from 0 to 1', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const scaler = fitMinMaxScaler(all);
        for (const row of all) {
          for (const each of scaler.transform(row)) {
            expect(each).toBeGreaterThanOrEqual(0);
            expect(each).toBeLessThanOrEqual(1 + 1e-12);
          }
        }
      }),
    );
  });

  it('inverse undoes transform, also after saving', () => {
    const scaler = Scaler.fromJSON(
      JSON.parse(
        JSON.stringify(
          fitStandardScaler([
            [1, 10],
            [2, 30],
            [6, 20],
          ]),
        ),
      ),
    );
    expect([...scaler.inverse(scaler.transform([5, 7]))].map((each) => Math.round(each * 1e9) / 1e9)).toEqual([5, 7]);
    expect(scaler.offset).toEqual([3, 20]);
  });

  it('missing values do not count', () => {
    const fit = new ScalerFit();
    for (const row of [
      [NaN, 1],
      [4, NaN],
      [6, 3],
    ])
      fit.add(row);
    expect(fit.standard()).toEqual(new Scaler({ offset: [5, 2], scale: [1, 1] }));
    expect(fit.minMax()).toEqual(new Scaler({ offset: [4, 1], scale: [2, 2] }));
    expect(fit.standard().transform([NaN, 2])).toEqual(Float64Array.of(NaN, 0));
  });

  it('refuse what they cannot scale', () => {
    expect(() => fitStandardScaler([])).toThrow(/there are no rows/);
    expect(() => fitStandardScaler([[1, NaN]])).toThrow(/feature 1 has no value/);
    expect(() => new Scaler({ offset: [0], scale: [0] })).toThrow(/no scale 0/);
    expect(() => fitStandardScaler([[1]]).transform([1, 2])).toThrow(/2 features, the scaler 1/);
    expect(() => Scaler.fromJSON({ offset: [1] })).toThrow(expect.objectContaining({ code: 'INVALID_FILE' }));
    expect(() => Scaler.fromJSON(null)).toThrow(/no scaler/);
  });
});

const window = fc.record({
  input: fc.integer({ min: 1, max: 4 }),
  horizon: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
});

describe('windows', () => {
  it('targets follow inputs without a gap, and a stream gives the same windows', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(20), window, async (length, options) => {
        const series = Array.from({ length }, (_, i) => [i]);
        const windows = [...slidingWindows(series, options)];
        for (const { start, inputs, targets } of windows) {
          expect([...inputs, ...targets].map((row) => row[0])).toEqual(
            Array.from({ length: options.input + options.horizon }, (_, i) => start + i),
          );
        }
        expect(windows).toHaveLength(
          Math.max(0, Math.floor((length - options.input - options.horizon) / options.stride) + 1),
        );
        expect(await collect(streamSlidingWindows(series, options))).toEqual(windows);
      }),
    ));

  it('refuse lengths that are none', () => {
    expect(() => [...slidingWindows([], { input: 0 })]).toThrow(/input is 0/);
  });
});

describe('splitSeries', () => {
  it('nothing after the cut changes what training sees', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 20, maxLength: 30 }), value, (values, other) => {
        const options = { trainFraction: 0.6, input: 3, horizon: 2 };
        const cut = Math.floor(values.length * 0.6);
        const { train, scaler } = splitSeries(
          values.map((each) => [each]),
          options,
        );
        const changed = splitSeries(
          values.map((each, i) => [i < cut ? each : other]),
          options,
        );
        expect(changed.train).toEqual(train);
        expect(changed.scaler).toEqual(scaler);
      }),
    );
  });

  it('every step after the cut is a target once, and none before it', () => {
    const { train, validation } = splitSeries(
      Array.from({ length: 20 }, (_, i) => [i]),
      { trainFraction: 0.5, input: 3 },
    );
    expect(train.map(({ start }) => start + 3)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(validation.map(({ start }) => start + 3)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('takes another scaler, and refuses a series that is too short', () => {
    const series = [[0], [2], [4], [6], [8], [10]];
    const { scaler } = splitSeries(series, { trainFraction: 0.5, input: 1, fit: fitMinMaxScaler });
    expect(scaler).toEqual(new Scaler({ offset: [0], scale: [4] }));
    expect(() => splitSeries(series, { trainFraction: 0.5, input: 3 })).toThrow(
      /6 steps cut at 3 leave no window of 3 \+ 1/,
    );
    expect(() => splitSeries(series, { trainFraction: 2, input: 1 })).toThrow(/trainFraction is 2/);
  });
});

const folder = dataFolder();

it.skipIf(!folder)(
  `airline passengers, from file to windows${folder ? '' : ' (skipped: no folder of data sets)'}`,
  async () => {
    const path = join(folder!, 'ts/airline-passengers.csv.gz');
    const series = await collect(readCsvNumbers(fileSource(path), { columns: ['Passengers'] }));
    const { train, validation, scaler } = splitSeries(series, { trainFraction: 0.75, input: 12 });
    expect([train.length, validation.length]).toEqual([108 - 12, 36]);
    expect(scaler.inverse(train[0]!.inputs[0]!)[0]).toBeCloseTo(112, 9);
    expect(scaler.inverse(validation.at(-1)!.targets[0]!)[0]).toBeCloseTo(432, 9);
  },
);

describe('a scaler of some features', () => {
  it('brings back what a model predicts of them, in their order', () => {
    const scaler = new Scaler({ offset: [10, 20, 30], scale: [1, 2, 4] });
    const chosen = scaler.select([2, 0]);
    expect([...chosen.inverse([1, 1])]).toEqual([34, 11]);
    const row = [7, 8, 9];
    const scaled = scaler.transform(row);
    expect([...chosen.inverse([scaled[2]!, scaled[0]!])]).toEqual([9, 7]);
    expect(() => scaler.select([3])).toThrow('Scaler.select: there is no feature 3 among 3. They count from 0.');
    expect(() => scaler.select([-1])).toThrow('there is no feature -1');
  });
});
