import { gradientCheck, valueAndGrad, vjp } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { GruCell, LockedDropout, LstmCell, scan, scanReport } from '@unroll/cells';
import { Linear } from '@unroll/layers';
import {
  Parameter,
  Rng,
  type Tensor,
  castParameters,
  concat,
  keep,
  stack,
  tensor,
  unstack,
  withBackend,
  withProbes,
} from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { gatherRows, repeatRows } from '../gather-rows.ts';
import { AdditiveScore } from './additive.ts';
import { AttentionDecoder } from './attention-decoder.ts';
import type { AttentionHistory, AttentionScore } from './attention-score.ts';
import { CoverageScore } from './coverage.ts';
import { coverageLoss } from './coverage-loss.ts';
import { DotScore, ScaledDotScore } from './dot.ts';
import { GeneralScore } from './general.ts';
import { LocationSensitiveScore } from './location-sensitive.ts';
import { LuongDecoder } from './luong-decoder.ts';
import { attend, remember } from './memory.ts';
import { TanhReadout, deepReadout } from './readout.ts';

const double = { dtype: 'float64' } as const;
const [batch, time, source, size] = [2, 3, 4, 3];
const sizes = { querySize: size, keySize: size, attentionSize: 2 };

const makeScores: Readonly<Record<string, (rng: Rng) => AttentionScore>> = {
  DotScore: () => new DotScore(),
  ScaledDotScore: () => new ScaledDotScore(),
  GeneralScore: (rng) => new GeneralScore({ ...sizes, rng }),
  AdditiveScore: (rng) => new AdditiveScore({ ...sizes, rng }),
  LocationSensitiveScore: (rng) => new LocationSensitiveScore({ ...sizes, kernelSize: 3, channels: 2, rng }),
  CoverageScore: (rng) => new CoverageScore({ ...sizes, rng }),
};

function expectNear(actual: Tensor, expected: Tensor, tolerance = 1e-12): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.sub(expected).abs().max().item()).toBeLessThan(tolerance);
}

describe.each(Object.entries(makeScores))('%s', (_, makeScore) => {
  it('gives zeros, not NaN, where a source is all padding, and so do the gradients', () => {
    const rng = new Rng(1);
    const score = castParameters(makeScore(rng), 'float64');
    const [query, values] = [rng.normal([2, size], double), rng.normal([2, source, size], double)].map(
      (x) => new Parameter(x),
    ) as [Parameter, Parameter];
    const mask = tensor([
      [0, 0, 0, 0],
      [1, 0, 1, 1],
    ]);
    const look = () => attend({ score, query: query.value, memory: remember({ score, values: values.value, mask }) });
    const { weights, context } = look();
    expect([...weights.slice(0, 0, 1).dataSync()]).toEqual([0, 0, 0, 0]);
    expect([...context.slice(0, 0, 1).dataSync()]).toEqual([0, 0, 0]);
    expect(weights.slice(0, 1, 1).sum().item()).toBeCloseTo(1, 12);
    expect(weights.dataSync()[5]).toBe(0);
    const { grads } = valueAndGrad(() => look().context.square().sum(), [query, values]);
    for (const grad of grads) {
      expect([...grad.dataSync()].every(Number.isFinite)).toBe(true);
      expect(grad.slice(0, 0, 1).abs().max().item()).toBe(0);
    }
  });

  it('is compiled in a decoder, forwards and backwards, and scanReport says so', async () => {
    withBackend(await wasm({ relaxedSimd: false }), () => {
      const rng = new Rng(1);
      const cell = new LstmCell({ inputSize: 2 * size, hiddenSize: size, rng });
      const decoder = new AttentionDecoder({ cell, score: makeScore(rng), valueSize: size });
      const memory = decoder.remember({ ys: rng.normal([batch, source, size]) });
      const report = scanReport(decoder.over(memory), { batch, masked: true, vjp });
      expect(report).toMatchObject({ traced: true, forwards: { compiled: true }, backwards: { compiled: true } });
    });
  });

  it('prepares once what it needs of the keys; rows of it may be gathered and repeated', () => {
    const rng = new Rng(2);
    const score = makeScore(rng);
    const memory = remember({
      score,
      values: rng.normal([batch, source, size]),
      mask: tensor([
        [1, 1, 1, 0],
        [1, 1, 1, 1],
      ]),
    });
    const query = rng.normal([batch, size]);
    const { context } = attend({ score, memory, query });
    const rows = tensor([1, 0, 1], { dtype: 'int32' });
    const gathered = attend({ score, memory: gatherRows(memory, rows), query: gatherRows(query, rows) });
    expectNear(gathered.context, context.gather(rows), 1e-6);
    const repeated = attend({ score, memory: repeatRows(memory, 2), query: repeatRows(query, 2) });
    expectNear(repeated.context, context.gather(tensor([0, 0, 1, 1], { dtype: 'int32' })), 1e-6);
  });
});

describe('the scores that look at the past', () => {
  const rng = new Rng(3);
  const past: AttentionHistory = {
    weights: rng.uniform([batch, source], double),
    coverage: rng.uniform([batch, source], double),
  };
  const [query, keys] = [rng.normal([batch, size], double), rng.normal([batch, source, size], double)];

  /** The formula, number by number; `fromPast(b, i, a)` is what the past adds for unit a at position i. */
  function byHand(score: AdditiveScore, fromPast: (b: number, i: number, a: number) => number): number[] {
    const [wq, wk, bias, v] = [score.weight_query, score.weight_key, score.bias, score.weight_score].map(({ value }) =>
      value.dataSync(),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array];
    const [q, k] = [query.dataSync(), keys.dataSync()];
    const dot = (x: ArrayLike<number>, at: number, w: ArrayLike<number>, row: number): number =>
      Array.from({ length: size }, (_, j) => x[at + j]! * w[row * size + j]!).reduce((a, b) => a + b);
    return Array.from({ length: batch * source }, (_, n) => {
      const [b, i] = [Math.floor(n / source), n % source];
      return Array.from(v, (weight, a) => {
        const sum = dot(q, b * size, wq, a) + dot(k, n * size, wk, a) + bias[a]! + fromPast(b, i, a);
        return weight * Math.tanh(sum);
      }).reduce((x, y) => x + y);
    });
  }

  it.each([1, 3, 5])('location-sensitive: filters of length %i along the weights of the step before', (kernelSize) => {
    const score = castParameters(new LocationSensitiveScore({ ...sizes, kernelSize, channels: 2, rng }), 'float64');
    const [filter, location] = [score.weight_filter.value.dataSync(), score.weight_location.value.dataSync()];
    const weights = past.weights.dataSync();
    const reach = (kernelSize - 1) / 2;
    const expected = byHand(score, (b, i, a) => {
      let sum = 0;
      for (let c = 0; c < 2; c++) {
        for (let j = 0; j < kernelSize; j++) {
          const at = i + j - reach;
          if (at >= 0 && at < source)
            sum += location[a * 2 + c]! * filter[c * kernelSize + j]! * weights[b * source + at]!;
        }
      }
      return sum;
    });
    const actual = score.score(query, score.prepare(keys), past);
    expectNear(actual, tensor(Float64Array.from(expected), { shape: [batch, source] }));
    expect(() => new LocationSensitiveScore({ ...sizes, kernelSize: kernelSize + 1, channels: 2, rng })).toThrow('odd');
  });

  it('coverage: the sum of all weights so far, by a weight for each unit', () => {
    const score = castParameters(new CoverageScore({ ...sizes, rng }), 'float64');
    const [w, coverage] = [score.weight_coverage.value.dataSync(), past.coverage.dataSync()];
    const expected = byHand(score, (b, i, a) => w[a]! * coverage[b * source + i]!);
    const actual = score.score(query, score.prepare(keys), past);
    expectNear(actual, tensor(Float64Array.from(expected), { shape: [batch, source] }));
  });

  it('coverageLoss is Σ min(a, Σ earlier a), averaged over live steps, with its derivative', () => {
    const alignments = new Parameter(rng.uniform([batch, time, source], double));
    const mask = tensor([
      [1, 1, 1],
      [1, 1, 0],
    ]);
    const a = alignments.value.dataSync();
    let sum = 0;
    for (const [b, steps] of [3, 2].entries()) {
      for (let i = 0; i < source; i++) {
        let covered = 0;
        for (let t = 0; t < steps; t++) {
          const weight = a[(b * time + t) * source + i]!;
          sum += Math.min(weight, covered);
          covered += weight;
        }
      }
    }
    expect(coverageLoss(alignments.value, { mask }).item()).toBeCloseTo(sum / 5, 12);
    expect(gradientCheck(() => coverageLoss(alignments.value, { mask }), [alignments])).toBeLessThan(1e-7);
    expect(() => coverageLoss(alignments.value, { mask: tensor([[1]]) })).toThrow('[batch, time, source]');
  });
});

describe('decoders with attention', () => {
  const rng = new Rng(4);
  const values = rng.normal([batch, source, size], double);
  const xs = rng.normal([batch, time, 2], double);

  it('AttentionDecoder looks, then steps: its equations one after the other; the state tells where it looked', () => {
    const cell = new GruCell({ inputSize: 2 + size, hiddenSize: size, rng });
    const score = new AdditiveScore({ ...sizes, rng });
    const decoder = castParameters(
      new AttentionDecoder({ cell, score, valueSize: size, readout: deepReadout }),
      'float64',
    );
    const memory = decoder.remember({ ys: values });
    const watched: Tensor[] = [];
    const [ys, final] = withProbes(
      (name, value) => {
        if (name === 'attention') watched.push(keep(value));
      },
      () => scan(decoder.over(memory), xs),
    );
    let h = cell.initialState(batch).cast('float64');
    const weights: Tensor[] = [];
    const expected = unstack(xs, 1).map((x) => {
      const looked = attend({ score, memory, query: h });
      weights.push(looked.weights);
      [, h] = cell.step(concat([x, looked.context], 1), h);
      return concat([h, looked.context, x], 1);
    });
    expectNear(ys, stack(expected, 1));
    expectNear(stack(watched, 1), stack(weights, 1));
    expectNear(final.weights, weights.at(-1)!);
    expectNear(
      final.coverage,
      weights.reduce((a, b) => a.add(b)),
    );
    expectNear(decoder.alignmentOf(final), final.weights);
  });

  it.each([true, false])('LuongDecoder steps, then looks; input feeding %s', (inputFeeding) => {
    const linear = new Linear({ inputSize: 2 * size, outputSize: 4, rng });
    const cell = new LstmCell({ inputSize: 2 + (inputFeeding ? 4 : 0), hiddenSize: size, rng });
    const score = new GeneralScore({ ...sizes, rng });
    const readout = new TanhReadout({ linear });
    const decoder = castParameters(
      new LuongDecoder({ inputSize: 2, cell, score, valueSize: size, readout, inputFeeding }),
      'float64',
    );
    const memory = decoder.remember({ ys: values });
    const [ys] = scan(decoder.over(memory), xs);
    const zero = tensor(new Float64Array(batch * size), { shape: [batch, size] });
    let state = { h: zero, c: zero };
    let output = tensor(new Float64Array(batch * 4), { shape: [batch, 4] });
    const expected = unstack(xs, 1).map((x) => {
      [, state] = cell.step(inputFeeding ? concat([x, output], 1) : x, state);
      const { context } = attend({ score, memory, query: state.h });
      output = linear.forward(concat([state.h, context], 1)).tanh();
      return output;
    });
    expectNear(ys, stack(expected, 1));
  });

  it('draw the noise of the cell inside from the rng', () => {
    const inside = new GruCell({ inputSize: 2 + size, hiddenSize: size, rng });
    const cell = new LockedDropout({ cell: inside, input: 0.5 });
    const decoder = castParameters(new AttentionDecoder({ cell, score: new DotScore(), valueSize: size }), 'float64');
    const over = decoder.over(decoder.remember({ ys: values }));
    const noisy = (seed: number): Tensor => scan(over, xs, { rng: new Rng(seed) })[0];
    expectNear(noisy(1), noisy(1));
    expect([...noisy(1).dataSync()]).not.toEqual([...scan(over, xs)[0].dataSync()]);
  });

  it('say what does not fit', () => {
    const cell = new GruCell({ inputSize: size, hiddenSize: size, rng });
    const score = new DotScore();
    expect(() => new AttentionDecoder({ cell, score, valueSize: size })).toThrow('nothing is left for x');
    expect(() => new LuongDecoder({ inputSize: 2, cell, score, valueSize: size })).toThrow(
      'with input feeding it must be 8',
    );
    const linear = new Linear({ inputSize: 5, outputSize: 4, rng });
    const wide = new GruCell({ inputSize: 2 + size, hiddenSize: size, rng });
    expect(
      () => new AttentionDecoder({ cell: wide, score, valueSize: size, readout: new TanhReadout({ linear }) }),
    ).toThrow('6 features together, the linear map reads 5');
    const decoder = new AttentionDecoder({ cell: wide, score, valueSize: size });
    expect(() => scan(decoder.over(decoder.remember({ ys: rng.normal([3, 2, size]) })), rng.normal([2, 3, 2]))).toThrow(
      'a batch of 2 over a memory of 3 sources',
    );
    expect(() => remember({ score, values: rng.normal([2, 3, 2]), mask: tensor([[1]]) })).toThrow('must agree');
    expect(() => decoder.remember({ ys: rng.normal([3, 2]) })).toThrow('[batch, source, features]');
    expect(() => new GeneralScore({ ...sizes, rng }).prepare(rng.normal([1, 2, 5]))).toThrow('[batch, source, 3]');
    const memory = remember({ score, values: rng.normal([1, 2, 3]) });
    expect(() => attend({ score, memory, query: rng.normal([1, 2]) })).toThrow('it must be [batch, 3]');
  });
});
