import { greedy as greedyOfLibrary, sampled as sampledOfLibrary, samplingDistribution } from '@unroll/architectures';
import { Rng as LibraryRng } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from './rng.ts';
import { greedy, sampled } from './sampling.ts';

const logit = fc.oneof(fc.double({ min: -30, max: 30, noNaN: true }), fc.constantFrom(-Infinity, 0, 1));
const logits = fc.array(logit, { minLength: 1, maxLength: 20 }).filter((all) => all.some((each) => each > -Infinity));
const options = fc.record(
  {
    temperature: fc.constantFrom(0, 0.5, 1, 3),
    topK: fc.integer({ min: 1, max: 25 }),
    topP: fc.constantFrom(0.1, 0.5, 0.9, 1),
  },
  { requiredKeys: [] },
);

describe('Rng', () => {
  it('draws the numbers of the library', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (seed) => {
        const [actual, expected] = [new Rng(seed), new LibraryRng(seed)];
        for (let i = 0; i < 20; i++) expect(actual.next()).toBe(expected.next());
      }),
    );
  });
});

describe('sampled', () => {
  it('draws the tokens of the library', () => {
    fc.assert(
      fc.property(logits, options, fc.integer(), (all, how, seed) => {
        const actual = sampled({ rng: new Rng(seed), ...how });
        const expected = sampledOfLibrary({ rng: new LibraryRng(seed), ...how });
        for (let i = 0; i < 5; i++) expect(actual(all)).toBe(expected(all));
      }),
    );
  });

  it('draws from the probabilities of the library, to the bit', () => {
    fc.assert(
      fc.property(logits, fc.constantFrom(0.01, 0.5, 1, 3), (all, temperature) => {
        let drawnFrom: ArrayLike<number> = [];
        const rng = Object.assign(new Rng(1), {
          categorical(weights: ArrayLike<number>) {
            drawnFrom = weights;
            return 0;
          },
        });
        sampled({ rng, temperature })(all);
        expect(drawnFrom).toEqual(samplingDistribution(all, { temperature }));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([{ temperature: -1 }, { temperature: NaN }, { topK: 0 }, { topK: 1.5 }, { topP: 0 }, { topP: 1.1 }])(
    'refuses %j',
    (how) => {
      expect(() => sampled({ rng: new Rng(1), ...how })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );
});

describe('greedy', () => {
  it('chooses the token of the library', () => {
    fc.assert(
      fc.property(logits, (all) => {
        expect(greedy()(all)).toBe(greedyOfLibrary()(all));
      }),
    );
  });

  it.each([[[1, NaN]], [[Infinity]], [[-Infinity]], [[]]])('refuses %j', (all) => {
    expect(() => greedy()(all)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
