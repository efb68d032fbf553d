// Plain JavaScript forgets options, and misspells them. Every class of every package is made from nothing, and given what its error asks for, one
// option after the other, until it is content: each error on the way must be unroll's own and name an option. So are functions with options.
import * as architectures from '@unroll/architectures';
import * as cells from '@unroll/cells';
import * as compile from '@unroll/compile';
import * as data from '@unroll/data';
import * as io from '@unroll/io';
import * as layers from '@unroll/layers';
import * as metrics from '@unroll/metrics';
import * as optim from '@unroll/optim';
import * as runtime from '@unroll/runtime';
import * as tensor from '@unroll/tensor';
import * as training from '@unroll/training';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './shared/checkout.ts';

const packages: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  layers,
  cells,
  architectures,
  data,
  metrics,
  optim,
  io,
  training,
  compile,
  runtime,
};

const rng = (): tensor.Rng => new tensor.Rng(1);
const cell = (): cells.GruCell => new cells.GruCell({ inputSize: 3, hiddenSize: 3, rng: rng() });
const layer = (): architectures.Unidirectional => new architectures.Unidirectional({ cell: cell() });
const linear = (): layers.Linear => new layers.Linear({ inputSize: 3, outputSize: 3, rng: rng() });
const embedding = (): layers.Embedding => new layers.Embedding({ count: 5, size: 3, rng: rng() });
const decoder = (): architectures.PlainDecoder => new architectures.PlainDecoder({ cell: cell() });
const parameters = (): readonly tensor.Parameter[] => [new tensor.Parameter(tensor.zeros([2]))];
const x = (): tensor.Tensor => tensor.zeros([2, 3]);

/** What an error may ask for. */
const values: Readonly<Record<string, () => unknown>> = {
  rng,
  cell,
  layer,
  linear,
  embedding,
  parameters,
  cells: () => [cell()],
  layers: () => [layer()],
  encoder: layer,
  forwardCell: cell,
  backwardCell: cell,
  decoder,
  bridge: () => new architectures.LinearBridge({ inputSize: 3, cell: cell(), rng: rng() }),
  output: linear,
  score: () => new architectures.DotScore(),
  pooling: () => architectures.lastState(),
  model: linear,
  optimizer: () => new optim.Sgd({ parameters: parameters(), learningRate: 0.1 }),
  source: () => training.sampledSource({ rng: rng(), sample: () => 1 }),
  loss: () => () => ({ loss: x().sum() }),
  sample: () => () => 1,
  epoch: () => () => [],
  forward: () => () => x(),
  config: () => ({}),
  tokens: () => ['a'],
  labels: () => ['a'],
  counts: () => [[1]],
  offset: () => [0],
  scale: () => [1],
  rate: () => 0.5,
  decay: () => 0.5,
  initial: () => 0.5,
  schedule: () => () => 0.5,
  trainFraction: () => 0.5,
  maxNorm: () => 1,
  limit: () => 1,
  longest: () => 10,
  columns: () => ['a'],
  vocabulary: () => new data.Vocabulary({ tokens: ['a'] }),
  lengths: () => [2, 3],
  length: () => () => 1,
  candidates: () => ({ own: tensor.getBackend }),
  batchSizes: () => [2, 1],
  ...Object.fromEntries(
    ['inputSize', 'outputSize', 'hiddenSize', 'size', 'count', 'querySize', 'keySize', 'attentionSize', 'valueSize']
      .concat(['contextSize', 'projectionSize', 'tagCount', 'filters', 'width', 'steps', 'batch', 'time', 'input'])
      .concat(['maxLength', 'depth', 'kernelSize', 'projectedSize', 'plannedSteps', 'sourceCount', 'targetCount'])
      .concat(['embeddingSize', 'wordCount', 'wordSize', 'characterCount', 'characterSize', 'every', 'warmupSteps'])
      .map((name) => [name, () => 3]),
  ),
  rows: () => [[1, 2]],
  values: () => tensor.zeros([2, 3, 3]),
  query: x,
  memory: () => architectures.remember({ score: new architectures.DotScore(), values: tensor.zeros([2, 3, 3]) }),
  milestones: () => [1],
  ...Object.fromEntries(['peak', 'to', 'factor', 'learningRate'].map((name) => [name, () => 0.5])),
};

/** Those of one class that differ. */
const special: Readonly<Record<string, Readonly<Record<string, () => unknown>>>> = {
  AttentionDecoder: { cell: () => new cells.GruCell({ inputSize: 6, hiddenSize: 3, rng: rng() }) },
  FixedContextDecoder: { cell: () => new cells.GruCell({ inputSize: 6, hiddenSize: 3, rng: rng() }) },
  LuongDecoder: { cell: () => new cells.GruCell({ inputSize: 9, hiddenSize: 3, rng: rng() }) },
  tokenBatches: { tokens: () => 5 },
  streamTokenBatches: { tokens: () => 5 },
  tokenBatchSource: { tokens: () => 5 },
};

/** What has no options: plain values, or an abstract class. */
const without: ReadonlySet<string> = new Set(
  [
    'Tensor',
    'Parameter',
    'Rng',
    'UnrollError',
    'Tape',
    'SafetensorsError',
    'StateMismatchError',
    'RuntimeError',
  ].concat(['DivergenceError', 'ReaderError', 'CellWrapper', 'SlotOptimizer', 'DecoderCell', 'LanguageModelStreams']),
);

/** Functions whose options are their only argument, or behind these. */
const functions: Readonly<Record<string, readonly (() => unknown)[]>> = {
  gru: [],
  lstm: [],
  rnn: [],
  attentionEncoderDecoder: [],
  exponentialDecay: [],
  stepDecay: [],
  linearRamp: [],
  cosineDecay: [],
  cosineWave: [],
  cosineRestarts: [],
  oneCycle: [],
  sampledSource: [],
  epochSource: [],
  sampled: [],
  fit: [],
  findLearningRate: [],
  encodeModel: [],
  compileModel: [],
  remember: [],
  attend: [],
  recommendBackend: [],
  shuffledBatches: [() => [1, 2]],
  bucketedBatches: [() => [1, 2]],
  tokenBatches: [() => [1, 2]],
  streamTokenBatches: [() => [1, 2]],
  languageModelStreams: [() => new Int32Array(50)],
  randomWindows: [() => new Int32Array(50)],
  slidingWindows: [() => [[1], [2], [3], [4], [5]]],
  splitSeries: [() => Array.from({ length: 40 }, (_, i) => [i])],
  trainValidationSplit: [() => [1, 2]],
  shuffledSource: [() => [1, 2]],
  bucketedSource: [() => [1, 2]],
  tokenBatchSource: [() => [1, 2]],
  windowSource: [() => new Int32Array(50)],
  predict: [() => [1, 2]],
  pack: [x],
  unpad: [() => new Int32Array(6)],
  reverseByLength: [x],
};

const isClass = (value: unknown): value is new (options: object) => object =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

/** What was asked for on the way to something that can be made, and by which errors; `make` must end. */
async function askedBy(
  name: string,
  make: (options: object) => unknown,
): Promise<{ readonly options: readonly string[]; readonly errors: readonly unknown[] }> {
  const known = { ...values, ...special[name] };
  let options: Readonly<Record<string, unknown>> = {};
  const errors: unknown[] = [];
  for (let i = 0; i < 20; i++) {
    try {
      await make(options);
      break;
    } catch (error) {
      errors.push(error);
      const { message } = error as Error;
      const asked = Object.keys(known).filter(
        (each) => !(each in options) && new RegExp(`\\b${each}\\b`).test(message.replace(/ Give .*$/s, '')),
      );
      // A cell or a layer is asked for by what it is.
      if (asked.length === 0) break;
      options = { ...options, ...Object.fromEntries(asked.map((each) => [each, known[each]!()])) };
    }
  }
  return { options: Object.keys(options), errors };
}

/** The options without a default of each class and function, as its source tells them: those of the interface that is named after it. */
const required: ReadonlyMap<string, readonly string[]> = new Map(
  sources().flatMap((path) =>
    Array.from(
      readFileSync(path, 'utf8').matchAll(/^export interface (\w+)Options(?:<[^{]*>)? \{\n([^]*?)^\}/gm),
      ([, name, body]) =>
        [name!, Array.from(body!.matchAll(/^ {2}readonly (\w+):/gm), ([, option]) => option!)] as const,
    ),
  ),
);

const ofUnroll = (error: unknown): boolean =>
  error instanceof tensor.UnrollError || error instanceof runtime.RuntimeError;

describe.each(Object.entries(packages))('@unroll/%s', (_, names) => {
  const classes = Object.entries(names).flatMap(([name, value]) =>
    isClass(value) && !without.has(name) ? [[name, value] as const] : [],
  );
  const called = Object.entries(functions).flatMap(([name, leading]) =>
    typeof names[name] === 'function' ? [[name, leading] as const] : [],
  );

  const expectNamed = async (name: string, make: (options: object) => unknown): Promise<void> => {
    const { options, errors } = await askedBy(name, make);
    for (const error of errors) expect(ofUnroll(error), String(error)).toBe(true);
    expect(options).toEqual(expect.arrayContaining([...(required.get(capital(name)) ?? [])]));
  };

  it.each(classes)('%s names each option that is forgotten', async (name, value) => {
    await expectNamed(name, (options) => Reflect.construct(value, [options]));
  });

  it.each(classes)('%s made from nothing at all names one of its options', (name, value) => {
    const needed = required.get(name) ?? [];
    if (needed.length === 0) return;
    let message = '';
    try {
      Reflect.construct(value, []);
    } catch (error) {
      ({ message } = error as Error);
    }
    // The engine's own words may do here.
    expect(
      needed.filter((option) => message.includes(option)),
      message,
    ).not.toEqual([]);
  });

  it.each(called)('%s names each option that is forgotten', async (name, leading) => {
    await expectNamed(name, (options): unknown =>
      Reflect.apply(names[name] as () => unknown, undefined, [...leading.map((make) => make()), options]),
    );
  });
});

it('knows what is required', () => {
  expect(required.get('Residual')).toEqual(['cell']);
  expect(required.get('AttentionDecoder')).toEqual(['cell', 'score', 'valueSize']);
  expect(required.size).toBeGreaterThan(50);
});

function sources(): readonly string[] {
  const folders = Object.keys(packages).map((name) => join(root, 'packages', name, 'src'));
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .map((path) => join(folder, path)),
  );
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
