import { Rng } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Beam, type BeamOptions } from './beam.ts';
import { gnmtCoverage } from './coverage-penalty.ts';
import { type Hypothesis, linksOf } from './hypothesis.ts';
import { type LengthPenalty, averageLength, gnmt, noLengthPenalty } from './length-penalty.ts';

const END = 0;

/** A language whose next token depends on all that was said, with a place to look at. */
interface Language {
  readonly vocabulary: number;
  readonly source: number;
  /** Log-probabilities of what follows, and where is looked: [vocabulary + source]. */
  after(prefix: readonly number[]): Float64Array;
}

function randomLanguage(seed: number, vocabulary: number, source: number): Language {
  const known = new Map<string, Float64Array>();
  const normalized = (size: number, rng: Rng, scale: number): number[] => {
    const weights = Array.from({ length: size }, () => Math.exp(scale * rng.nextNormal()));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  };
  return {
    vocabulary,
    source,
    after(prefix) {
      const key = prefix.join(' ');
      const rng = new Rng(prefix.reduce((sum, token) => 31 * sum + token + 1, seed));
      const row = known.get(key) ?? [...normalized(vocabulary, rng, 1.5).map(Math.log), ...normalized(source, rng, 2)];
      known.set(key, Float64Array.from(row));
      return known.get(key)!;
    },
  };
}

function search(
  language: Language,
  options: BeamOptions,
): { hypotheses: readonly Hypothesis[]; settled: number[]; settledEarly: number; steps: number } {
  const { vocabulary, source } = language;
  const beam = new Beam(options);
  const settled: number[] = [];
  let steps = 0;
  let settledEarly = 0;
  for (; beam.live.length > 0; steps++) {
    const rows = beam.live.map(({ prefix }) => language.after(linksOf(prefix).map(({ token }) => token)));
    const data = Float64Array.from(rows.flatMap((row) => [...row]));
    beam.advance({ data, vocabulary, source }, 0);
    const fresh = beam.settle();
    settled.push(...fresh);
    if (beam.live.length > 0) settledEarly += fresh.length;
  }
  return { hypotheses: beam.hypotheses, settled, settledEarly, steps };
}

/** All that can be said, each with its score, from the best on. */
function everything(language: Language, options: BeamOptions): readonly { tokens: readonly number[]; score: number }[] {
  const { minLength, maxLength, lengthPenalty, coveragePenalty } = options;
  const found: { tokens: readonly number[]; score: number }[] = [];
  const visit = (tokens: readonly number[], logProbability: number, coverage: readonly number[]): void => {
    if (tokens.at(-1) === END || tokens.length === maxLength) {
      const score = logProbability / lengthPenalty(tokens.length) + (coveragePenalty?.(coverage) ?? 0);
      if (tokens.at(-1) !== END || tokens.length >= minLength) found.push({ tokens, score });
      return;
    }
    const row = language.after(tokens);
    const looked = coverage.map((sum, i) => sum + row[language.vocabulary + i]!);
    for (let token = 0; token < language.vocabulary; token++)
      visit([...tokens, token], logProbability + row[token]!, looked);
  };
  visit(
    [],
    0,
    Array.from({ length: language.source }, () => 0),
  );
  return found.toSorted((a, b) => b.score - a.score);
}

const penalties: fc.Arbitrary<LengthPenalty> = fc.oneof(
  fc.constant(noLengthPenalty()),
  fc.constant(averageLength()),
  fc.double({ min: -1, max: 3, noNaN: true }).map((alpha) => gnmt({ alpha })),
  // Neither growing nor falling.
  fc.integer({ min: 1, max: 1000 }).map((seed) => (length: number) => 0.2 + new Rng(seed * 100 + length).next()),
);

const problems = fc.record({
  seed: fc.nat(1_000_000),
  vocabulary: fc.integer({ min: 2, max: 4 }),
  source: fc.integer({ min: 0, max: 3 }),
  maxLength: fc.integer({ min: 1, max: 4 }),
  least: fc.integer({ min: 1, max: 4 }),
  lengthPenalty: penalties,
  beta: fc.constantFrom<number[]>(0, 0.2, 2),
  nBest: fc.integer({ min: 1, max: 6 }),
  beamSize: fc.integer({ min: 1, max: 9 }),
});

function optionsOf(problem: typeof problems extends fc.Arbitrary<infer P> ? P : never): BeamOptions {
  const { source, maxLength, least, lengthPenalty, beta, nBest, beamSize } = problem;
  const coveragePenalty = source > 0 ? gnmtCoverage({ beta }) : undefined;
  const minLength = Math.min(least, maxLength);
  return { input: 0, end: END, constraints: [], minLength, maxLength, lengthPenalty, coveragePenalty, nBest, beamSize };
}

describe('a beam', () => {
  it('that is wide enough finds what trying everything finds, with every penalty', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const language = randomLanguage(problem.seed, problem.vocabulary, problem.source);
        const options = { ...optionsOf(problem), beamSize: problem.vocabulary ** problem.maxLength };
        const expected = everything(language, options).slice(0, problem.nBest);
        const { hypotheses } = search(language, options);
        expect(hypotheses.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
        for (const [i, { score }] of hypotheses.entries()) expect(score).toBeCloseTo(expected[i]!.score, 11);
      }),
      { numRuns: 300 },
    );
  });

  it('that stops early gives what it gives when it goes on to the end, at any width', () => {
    let saved = 0;
    fc.assert(
      fc.property(problems, fc.integer({ min: 1, max: 12 }), (problem, maxLength) => {
        const language = randomLanguage(problem.seed, problem.vocabulary, problem.source);
        const options = optionsOf({ ...problem, maxLength });
        const early = search(language, options);
        const late = search(language, { ...options, isExhaustive: true });
        expect(early.hypotheses).toEqual(late.hypotheses);
        saved += late.steps - early.steps;
      }),
      { numRuns: 300 },
    );
    expect(saved).toBeGreaterThan(0);
  });

  it('settles the tokens of its best hypothesis one after the other, and takes none back', () => {
    let early = 0;
    fc.assert(
      fc.property(problems, (problem) => {
        const language = randomLanguage(problem.seed, problem.vocabulary, problem.source);
        const { hypotheses, settled, settledEarly } = search(language, optionsOf(problem));
        expect(settled).toEqual(hypotheses[0]!.tokens);
        early += settledEarly;
      }),
      { numRuns: 300 },
    );
    expect(early).toBeGreaterThan(0);
  });

  it('says the log-probability of each token, and sums them up', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const language = randomLanguage(problem.seed, problem.vocabulary, problem.source);
        for (const hypothesis of search(language, optionsOf(problem)).hypotheses) {
          const { tokens, ended, logProbability, tokenLogProbabilities, alignment } = hypothesis;
          expect(ended).toBe(tokens.at(-1) === END);
          expect(tokenLogProbabilities).toEqual(tokens.map((token, i) => language.after(tokens.slice(0, i))[token]));
          expect(logProbability).toBeCloseTo(
            tokenLogProbabilities.reduce((sum, value) => sum + value, 0),
            11,
          );
          const looked = tokens.map((_, i) => language.after(tokens.slice(0, i)).slice(problem.vocabulary));
          expect(alignment).toEqual(problem.source > 0 ? looked : undefined);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('does not count padding as uncovered', () => {
    const language = randomLanguage(1, 3, 2);
    const options = { ...optionsOf({ ...PROBLEM, source: 2 }), coveragePenalty: gnmtCoverage({ beta: 1 }) };
    const padded: Language = {
      ...language,
      source: 3,
      after: (prefix) => Float64Array.of(...language.after(prefix), 0),
    };
    const [alone] = search(language, options).hypotheses;
    const [masked] = search(padded, { ...options, sourceMask: [1, 1, 0] }).hypotheses;
    expect(masked!.score).toBe(alone!.score);
    expect(search(padded, options).hypotheses[0]!.score).toBeLessThan(alone!.score - 10);
  });

  it('refuses a penalty that is not above 0', () => {
    expect(() => new Beam({ ...optionsOf(PROBLEM), lengthPenalty: () => 0 })).toThrow(
      /the length penalty of 4 tokens is 0/,
    );
  });
});

const PROBLEM = {
  seed: 1,
  vocabulary: 3,
  source: 0,
  maxLength: 4,
  least: 1,
  lengthPenalty: noLengthPenalty(),
  beta: 0.2,
  nBest: 1,
  beamSize: 4,
};
