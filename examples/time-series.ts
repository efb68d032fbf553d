// The next month of a series that grows and has seasons. The scale is fitted on the past alone, the future never reaches training, and
// the forecast has to beat three that cost nothing.
//   node time-series.ts [--data months.csv --column name] [figure.svg]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ManyToOne, lastState, lstm } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import { type SeriesWindow, collect, splitSeries } from '@unroll/data';
import { readCsvNumbers } from '@unroll/data/csv';
import { fileSource } from '@unroll/data/node';
import { curvesSvg, curvesText } from '@unroll/inspect';
import { terminal } from '@unroll/inspect/node';
import { Linear, meanSquaredError } from '@unroll/layers';
import { Adam } from '@unroll/optim';
import { Rng, type Tensor, parametersOf, setBackend, tensor } from '@unroll/tensor';
import { fit, predict, shuffledSource } from '@unroll/training';

const { values: args, positionals } = parseArgs({
  options: { data: { type: 'string' }, column: { type: 'string', default: 'Passengers' } },
  allowPositionals: true,
});
setBackend(await wasm());
const rng = new Rng(1);
const YEAR = 12;

/** Twenty years of months. */
function madeUp(): number[][] {
  return Array.from({ length: 20 * YEAR }, (_, month) => {
    const season = 0.2 * Math.sin((2 * Math.PI * month) / YEAR) + 0.1 * Math.cos((4 * Math.PI * month) / YEAR);
    return [100 * Math.exp(0.008 * month + season + 0.02 * rng.nextNormal())];
  });
}
const series = args.data ? await collect(readCsvNumbers(fileSource(args.data), { columns: [args.column] })) : madeUp();

// Growth by so many percent is a straight line in the logarithm.
const logarithms = series.map(([value]) => [Math.log(value!)]);
const { train, validation, scaler } = splitSeries(logarithms, { trainFraction: 0.75, input: YEAR + 1 });

const model = new ManyToOne({
  layer: lstm({ inputSize: 1, hiddenSize: 32, rng }),
  pooling: lastState(),
  output: new Linear({ inputSize: 32, outputSize: 1, rng }),
});
/** What follows, [batch, 1]: from the course of the window relative to its end, how far from there. */
function forecast(windows: readonly SeriesWindow[]): Tensor {
  const xs = tensor(windows.map(({ inputs }) => inputs)); // [batch, time, 1]
  const end = xs.slice(1, YEAR, 1);
  const [change] = model.forward(xs.sub(end));
  return change.add(end.squeeze(1));
}

const run = fit({
  model,
  optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.01 }),
  source: shuffledSource(train, { batch: 32, rng }),
  loss: (windows) => ({
    loss: meanSquaredError(forecast(windows), tensor(windows.map(({ targets }) => targets[0]!))),
  }),
  steps: 400,
  clipNorm: 1,
  rng,
});
for await (const event of run) {
  if (event.type === 'step' && event.step % 100 === 0)
    console.log(`step ${event.step}: error ${event.loss.toFixed(4)}`);
}

const inUnits = (scaled: number): number => Math.exp(scaler.inverse([scaled])[0]!);
/** The mean absolute error in the units of the data, of forecasts on the model's scale. */
function errorOf(forecastOf: (past: readonly number[], i: number) => number): number {
  const errors = validation.map(({ inputs, targets }, i) => {
    const past = inputs.map((row) => row[0]!);
    return Math.abs(inUnits(forecastOf(past, i)) - inUnits(targets[0]![0]!));
  });
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}
const forecasts = await predict(validation, { batch: 64, forward: forecast });
const naive = {
  'as last month': errorOf((past) => past.at(-1)!),
  'as this month a year ago': errorOf((past) => past.at(-YEAR)!),
  'last month, grown as a year ago': errorOf((past) => past.at(-1)! + past.at(-YEAR)! - past.at(-YEAR - 1)!),
};
const network = errorOf((_, i) => forecasts[i]!);
console.log(`mean absolute error of the forecasts for ${validation.length} months, one month ahead:`);
for (const [name, error] of Object.entries({ ...naive, LSTM: network })) console.log(`  ${name}: ${error.toFixed(1)}`);
const figure = {
  title: 'One month ahead, in months that training has not seen',
  xTitle: 'month',
  curves: [
    { name: 'truth', values: validation.map(({ targets }) => inUnits(targets[0]![0]!)) },
    { name: 'LSTM', values: Array.from(forecasts, inUnits) },
  ],
};
console.log(curvesText({ ...figure, ...terminal() }));
if (positionals[0] !== undefined) await writeFile(positionals[0], curvesSvg(figure));
if (!args.data && network > 0.8 * Math.min(...Object.values(naive)))
  throw new Error('the network knows no more than last year');
