import { gradientCheck, valueAndGrad, vjp } from '@unroll/autograd';
import { wasmSync } from '@unroll/backend-wasm';
import { scanReport } from '@unroll/cells';
import {
  type Backend,
  type DType,
  Parameter,
  Rng,
  type Tensor,
  castParameters,
  getBackend,
  parametersOf,
  scope,
  tensor,
  where,
  withBackend,
  withProbes,
} from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crf } from './crf.ts';
import { ForwardCell } from './forward-cell.ts';
import type { TagPath } from './sequence-scores.ts';
import { type TransitionRule, ruleByNames } from './transition-rules.ts';
import { ViterbiCell } from './viterbi-cell.ts';

interface Problem {
  readonly seed: number;
  readonly tagCount: number;
  readonly lengths: readonly number[];
  /** Of 4 transitions so many are forbidden, at random. */
  readonly forbidden: number;
  readonly isLeft: boolean;
}

const problems = fc.record({
  seed: fc.nat(1_000_000),
  tagCount: fc.integer({ min: 1, max: 4 }),
  lengths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  forbidden: fc.constantFrom(0, 0, 1, 2),
  isLeft: fc.boolean(),
});

/** A random CRF, emissions with NaN in the padding, and the best-known sequences of each by trying all. */
function setUp({ seed, tagCount, lengths, forbidden, isLeft }: Problem, dtype: DType = 'float64') {
  const rng = new Rng(seed);
  // The tag 0 may stand everywhere, so that there is always a way.
  const rules = Array.from({ length: (tagCount + 1) ** 2 }, () => rng.integer(4) >= forbidden);
  const at = (tag: number | null): number => tag ?? tagCount;
  const allows: TransitionRule = (from, to) =>
    forbidden === 0 || from === 0 || to === 0 || rules[at(from) * (tagCount + 1) + at(to)]!;
  const crf = castParameters(new Crf({ tagCount, rng, allows, initializer: (shape, r) => r.normal(shape) }), dtype);
  const time = Math.max(...lengths);
  const emissions = rng.normal([lengths.length, time, tagCount], { dtype });
  const mask = tensor(
    lengths.map((length) =>
      Array.from({ length: time }, (_, t) => ((isLeft ? t >= time - length : t < length) ? 1 : 0)),
    ),
    { dtype },
  );
  const alone = lengths.map((length, i) => emissions.slice(0, i, 1).slice(1, isLeft ? time - length : 0, length));
  const all = alone.map((own) => everyPath(crf, allows, own));
  return { crf, allows, emissions: where(mask.expandDims(2), emissions, NaN), mask, alone, all, time };
}

/** All that the rules allow, from the best on. */
function everyPath(crf: Crf, allows: TransitionRule, emissions: Tensor): readonly TagPath[] {
  const x = emissions.dataSync();
  const [start, transitions, end] = [
    crf.start_transitions.value.dataSync(),
    crf.transitions.value.dataSync(),
    crf.end_transitions.value.dataSync(),
  ];
  const { tagCount } = crf;
  const paths: TagPath[] = [];
  const visit = (tags: readonly number[], score: number): void => {
    const from = tags.at(-1) ?? null;
    if (tags.length === emissions.shape[1]) {
      if (allows(from, null)) paths.push({ tags, score: score + end[from!]! });
      return;
    }
    for (let to = 0; to < tagCount; to++) {
      if (!allows(from, to)) continue;
      const step = from === null ? start[to]! : transitions[from * tagCount + to]!;
      visit([...tags, to], score + step + x[tags.length * tagCount + to]!);
    }
  };
  visit([], 0);
  return paths.toSorted((a, b) => b.score - a.score);
}

const logZOf = (paths: readonly TagPath[]): number => {
  const largest = paths[0]!.score;
  return largest + Math.log(paths.reduce((sum, { score }) => sum + Math.exp(score - largest), 0));
};

/** Some allowed tags for each sequence, padded with what is no tag. */
function someTags({ all, time }: ReturnType<typeof setUp>, { seed, isLeft }: Problem): Tensor {
  const rng = new Rng(seed + 1);
  const rows = all.flatMap((paths) => {
    const { tags } = paths[rng.integer(paths.length)]!;
    const padding = Array.from({ length: time - tags.length }, () => -7);
    return isLeft ? [...padding, ...tags] : [...tags, ...padding];
  });
  return tensor(Int32Array.from(rows), { shape: [all.length, time] });
}

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-10): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, x] of Array.from(actual).entries()) expect(Math.abs(x - expected[i]!)).toBeLessThan(within);
}

describe('a CRF', () => {
  it('sums over all sequences of tags that its rules allow, in a padded batch as alone', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { crf, emissions, mask, alone, all } = setUp(problem);
        const logZ = crf.logPartition(emissions, { mask }).dataSync();
        expectNear(logZ, all.map(logZOf));
        expectNear(
          logZ,
          alone.map((own) => crf.logPartition(own).item()),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('gives each sequence of tags its share', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const set = setUp(problem);
        const { crf, emissions, mask, all } = set;
        const tags = someTags(set, problem);
        const chosen = [...tags.dataSync()].filter((tag) => tag >= 0);
        const expected = all.map((paths) => {
          const own = chosen.splice(0, paths[0]!.tags.length);
          return paths.find((path) => path.tags.join() === own.join())!.score - logZOf(paths);
        });
        expectNear(crf.logLikelihood(emissions, tags, { mask }).dataSync(), expected);
        const total = expected.reduce((sum, each) => sum + each, 0);
        expectNear([crf.loss(emissions, tags, { mask }).item()], [-total / mask.sum().item()]);
      }),
      { numRuns: 100 },
    );
  });

  it('finds the best sequences of all', async () => {
    await fc.assert(
      fc.asyncProperty(problems, fc.integer({ min: 1, max: 9 }), async (problem, count) => {
        const { crf, emissions, mask, all } = setUp(problem);
        const best = await crf.viterbi(emissions, { mask });
        const ranked = await crf.nBest(emissions, { count, mask });
        for (const [i, paths] of all.entries()) {
          expect(best[i]!.tags).toEqual(paths[0]!.tags);
          expect(ranked[i]!.map(({ tags }) => tags)).toEqual(paths.slice(0, count).map(({ tags }) => tags));
          expectNear(
            [best[i]!.score, ...ranked[i]!.map(({ score }) => score)],
            [paths[0]!.score, ...paths.slice(0, count).map(({ score }) => score)],
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  it('has marginals that count all sequences, and that are the derivative of log Z by the emissions', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { crf, emissions, mask, all, time } = setUp(problem);
        const { tagCount, isLeft } = problem;
        const expected = new Float64Array(all.length * time * tagCount);
        for (const [i, paths] of all.entries()) {
          const first = i * time + (isLeft ? time - paths[0]!.tags.length : 0);
          const logZ = logZOf(paths);
          for (const { tags, score } of paths) {
            for (const [t, tag] of tags.entries()) expected[(first + t) * tagCount + tag]! += Math.exp(score - logZ);
          }
        }
        expectNear(crf.marginals(emissions, { mask }).dataSync(), expected);
        const x = new Parameter(emissions);
        const { grads } = valueAndGrad(() => crf.logPartition(x.value, { mask }).sum(), [x]);
        expectNear(grads[0].dataSync(), expected);
      }),
      { numRuns: 100 },
    );
  });

  it('has derivatives that equal central differences, and none in the padding', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const set = setUp(problem);
        const tags = someTags(set, problem);
        const { crf, mask } = set;
        const x = new Parameter(where(mask.expandDims(2), set.emissions, 0));
        const live = mask.expandDims(2).broadcastTo(x.value.shape);
        const weights = new Rng(1).normal([mask.shape[0]!], { dtype: 'float64' });
        const loss = (): Tensor =>
          crf
            .logLikelihood(where(live, x.value, NaN), tags, { mask })
            .mul(weights)
            .sum();
        expect(gradientCheck(loss, [x, ...parametersOf(crf)])).toBeLessThan(1e-7);
      }),
      { numRuns: 25 },
    );
  });

  it('says 0 of a sequence of nothing, and finds no tags in it', async () => {
    const crf = new Crf({ tagCount: 3, rng: new Rng(1) });
    const emissions = new Rng(2).normal([2, 4, 3]);
    const mask = tensor([
      [0, 0, 0, 0],
      [1, 1, 1, 0],
    ]);
    const tags = tensor(new Int32Array(8), { shape: [2, 4] });
    expect(crf.logLikelihood(emissions, tags, { mask }).dataSync()[0]).toBe(0);
    expect(crf.logPartition(emissions, { mask }).dataSync()[0]).toBe(0);
    expect(crf.marginals(emissions, { mask }).slice(0, 0, 1).abs().max().item()).toBe(0);
    expect((await crf.viterbi(emissions, { mask }))[0]).toEqual({ tags: [], score: 0 });
    expect((await crf.nBest(emissions, { count: 2, mask }))[0]).toEqual([{ tags: [], score: 0 }]);
  });

  it('stays exact in float32 over a thousand steps', () => {
    const crf = new Crf({ tagCount: 5, rng: new Rng(1) });
    const emissions = new Rng(2).normal([1, 1000, 5], { mean: 50, std: 3 });
    const tags = emissions.argmax(2);
    const single = crf.logLikelihood(emissions, tags).item();
    const double = castParameters(crf, 'float64').logLikelihood(emissions.cast('float64'), tags).item();
    expect(Math.abs(single - double) / Math.abs(double)).toBeLessThan(1e-5);
  });
});

describe('rules', () => {
  const names = ['O', 'B-x', 'I-x', 'B-y', 'I-y'];
  const allows = ruleByNames(names, {
    allows: (from, to) => !to?.startsWith('I') || (from ?? 'O').slice(2) === to.slice(2),
  });

  it('hold in every decoder, whatever the emissions', async () => {
    const crf = new Crf({ tagCount: 5, rng: new Rng(1), allows });
    // They want I-x from the beginning, and I-y after it.
    const emissions = tensor([
      [0, 0, 9, 0, 0],
      [0, 0, 9, 0, 0],
      [0, 0, 0, 4, 5],
    ]).expandDims(0);
    const [best] = await crf.viterbi(emissions);
    expect(best!.tags.map((tag) => names[tag])).toEqual(['B-x', 'I-x', 'B-y']);
    const [ranked] = await crf.nBest(emissions, { count: 1000 });
    for (const { tags } of ranked!) {
      for (const [i, tag] of tags.entries()) expect(allows(i === 0 ? null : tags[i - 1]!, tag)).toBe(true);
    }
    const marginals = crf.marginals(emissions).dataSync();
    expect([marginals[2], marginals[4]]).toEqual([0, 0]);
  });

  it('that allow nothing are said to', async () => {
    const crf = new Crf({ tagCount: 2, rng: new Rng(1), allows: (from) => from === null });
    const emissions = new Rng(1).normal([1, 3, 2]);
    await expect(crf.viterbi(emissions)).rejects.toThrow('the rules allow no sequence of 3 tags');
    await expect(crf.nBest(emissions, { count: 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('are checked in the tags to learn from', () => {
    const crf = new Crf({ tagCount: 5, rng: new Rng(1), allows });
    const emissions = new Rng(1).normal([1, 3, 5]);
    const tags = tensor(Int32Array.of(0, 3, 2), { shape: [1, 3] });
    expect(() => crf.loss(emissions, tags)).toThrow(
      'the rules do not allow tag 2 at position 2 of sequence 0, after 3',
    );
  });
});

describe('compiled', () => {
  const wasm = wasmSync();
  const rng = new Rng(1);

  it('both recursions are', () => {
    withBackend(wasm, () => {
      const chain = { transitions: rng.normal([5, 5]), start: rng.normal([5]) };
      for (const cell of [new ForwardCell(chain), new ViterbiCell(chain)]) {
        const isForward = cell instanceof ForwardCell;
        const report = scanReport(cell, { batch: 4, masked: true, ...(isForward && { vjp }) });
        expect([report.traced, report.forwards?.compiled]).toEqual([true, true]);
        expect(report.backwards?.compiled).toBe(isForward ? true : undefined);
      }
    });
  });

  it('the best tags under rules are the first of the n best, which are found without a loop of the backend', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(10_000), fc.integer({ min: 12, max: 30 }), async (seed, time) => {
        const random = new Rng(seed);
        const bans = Array.from({ length: 49 }, () => random.integer(2) === 0);
        const allows: TransitionRule = (from, to) => !from || !to || !bans[from * 7 + to];
        const [crf, emissions] = withBackend(wasm, () => [
          new Crf({ tagCount: 7, rng: random, allows, initializer: (shape, r) => r.normal(shape) }),
          random.normal([3, time, 7]),
        ]);
        const ranked = await crf.nBest(emissions, { count: 1 });
        // By their scores: float32 may take the other of two that are as good.
        for (const [i, { score }] of (await crf.viterbi(emissions)).entries()) {
          expect(score).toBeCloseTo(ranked[i]![0]!.score, 3);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('in float32 they give what they give step by step', async () => {
    const results = (isCompiled: boolean): Promise<readonly TagPath[]> =>
      withBackend(wasm, () => {
        const crf = new Crf({ tagCount: 7, rng: new Rng(3), initializer: (shape, r) => r.normal(shape) });
        const emissions = new Parameter(new Rng(4).normal([5, 20, 7]));
        const lengths = tensor([20, 19, 1, 7, 12]);
        const mask = tensor([Array.from({ length: 20 }, (_, t) => t)]).less(lengths.expandDims(1));
        const tags = tensor(
          Int32Array.from({ length: 100 }, (_, i) => (i * i) % 7),
          { shape: [5, 20] },
        );
        const run = () =>
          valueAndGrad(() => crf.loss(emissions.value, tags, { mask }), [emissions, ...parametersOf(crf)]);
        // Who watches values sees each step.
        const { value, grads } = isCompiled ? run() : withProbes(() => undefined, run);
        numbers.push([value, ...grads, crf.marginals(emissions.value, { mask })].map((x) => x.dataSync()));
        return crf.viterbi(emissions.value, { mask });
      });
    const numbers: ArrayLike<number>[][] = [];
    expect(await results(true)).toEqual(await results(false));
    const [compiled, plain] = numbers as [ArrayLike<number>[], ArrayLike<number>[]];
    for (const [i, each] of compiled.entries()) expectNear(each, plain[i]!, 2e-6);
  });
});

describe('its caller', () => {
  const crf = new Crf({ tagCount: 3, rng: new Rng(1) });
  const emissions = new Rng(1).normal([2, 4, 3]);
  const tags = tensor(new Int32Array(8), { shape: [2, 4] });

  it('hears what does not fit', () => {
    expect(() => crf.logPartition(emissions.slice(2, 0, 2))).toThrow('they must be [batch, time, 3]');
    expect(() => crf.logPartition(emissions, { mask: tensor([[1, 1]]) })).toThrow('it must be [2, 4]');
    expect(() => crf.loss(emissions, tags.cast('float32'))).toThrow(/tags are of dtype int32/);
    expect(() => crf.loss(emissions, tags.slice(1, 0, 2))).toThrow('they must be [2, 4]');
    expect(() => crf.loss(emissions, tags.add(3))).toThrow('tag 3 at position 0 of sequence 0 is not in 0 to 2');
    const mask = tensor([
      [1, 1, 1, 1],
      [1, 0, 1, 1],
    ]);
    expect(() => crf.loss(emissions, tags, { mask })).toThrow('sequence 1 has a hole before position 2');
  });

  it('finds no memory used up', async () => {
    const backend = getBackend() as Backend & { memory(): { readonly buffers: number } };
    const before = backend.memory().buffers;
    await crf.viterbi(emissions);
    await crf.nBest(emissions, { count: 3 });
    scope(() => {
      crf.marginals(emissions);
      valueAndGrad(() => crf.loss(emissions, tags), parametersOf(crf));
    });
    expect(backend.memory().buffers).toBe(before);
  });
});
