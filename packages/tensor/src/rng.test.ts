import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalQuantile } from './normal-quantile.ts';
import { Rng, checkRng } from './rng.ts';

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

describe('Rng', () => {
  it('gives the same numbers for the same seed, others for another', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (seed) => {
        const draw = (s: number): readonly number[] => {
          const rng = new Rng(s);
          return Array.from({ length: 5 }, () => rng.next());
        };
        expect(draw(seed)).toEqual(draw(seed));
        if (seed !== 0.123) expect(draw(seed)).not.toEqual(draw(0.123));
      }),
    );
  });

  it('has not changed since the first release', () => {
    const rng = new Rng(42);
    expect([rng.next(), rng.next(), rng.integer(1000), ...rng.permutation(5)]).toMatchInlineSnapshot(`
      [
        0.36822337833218843,
        0.9585787027346248,
        901,
        4,
        3,
        1,
        0,
        2,
      ]
    `);
    expect([...new Rng(42).normal([3], { dtype: 'float64' }).dataSync()]).toMatchInlineSnapshot(`
      [
        -0.3365624635327804,
        1.7344256087562873,
        1.0819296981373054,
      ]
    `);
  });

  it('goes on from a saved state', () => {
    const rng = new Rng(7);
    rng.next();
    const state = JSON.parse(JSON.stringify(rng.state())) as number[];
    expect(Rng.fromState(state).normal([10]).dataSync()).toEqual(rng.normal([10]).dataSync());
    expect(() => Rng.fromState([1, 2])).toThrow('is no state');
    expect(() => Rng.fromState([0, 0, 0, 0])).toThrow('is no state');
  });

  it('forks into generators that do not repeat each other', () => {
    const parent = new Rng(1);
    const children = [parent.fork(), parent.fork(), parent];
    const draws = children.flatMap((rng) => Array.from({ length: 1000 }, () => rng.next()));
    expect(new Set(draws).size).toBe(3000);
    const jumped = new Rng(1);
    jumped.jump();
    jumped.jump();
    expect(jumped.next()).toBe(draws[2000]);
  });

  it('draws uniform numbers: bounds, mean, variance, and a flat histogram', () => {
    const xs = [...new Rng(3).uniform([40_000], { low: -1, high: 3 }).dataSync()];
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...xs)).toBeLessThan(3);
    expect(mean(xs)).toBeCloseTo(1, 1);
    expect(mean(xs.map((x) => (x - 1) ** 2))).toBeCloseTo(16 / 12, 1);
    const counts = Array.from({ length: 20 }, () => 0);
    for (const x of xs) counts[Math.floor((x + 1) * 5)]!++;
    // χ² with 19 degrees of freedom is below 43.8 in 99.9 % of all draws.
    expect(counts.reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0)).toBeLessThan(43.8);
  });

  it('draws normal numbers: the moments of N(0, 1)', () => {
    const xs = [...new Rng(5).normal([40_000], { dtype: 'float64' }).dataSync()];
    const moment = (k: number): number => mean(xs.map((x) => x ** k));
    expect(Math.abs(moment(1))).toBeLessThan(0.02);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(moment(3))).toBeLessThan(0.06);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
  });

  it('draws single normal numbers as a tensor holds them', () => {
    const [rng, same] = [new Rng(3), new Rng(3)];
    const numbers = Array.from({ length: 5 }, () => rng.nextNormal());
    expect(numbers).toEqual([...same.normal([5], { dtype: 'float64' }).dataSync()]);
  });

  it('permutes: each element once, each order equally often', () => {
    const rng = new Rng(9);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const key = rng.permutation(3).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).toEqual(['012', '021', '102', '120', '201', '210']);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('draws integers, coins and categories with their probabilities', () => {
    const rng = new Rng(11);
    expect(new Set(Array.from({ length: 200 }, () => rng.integer(7)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    expect(mean([...rng.bernoulli([10_000], 0.3).dataSync()])).toBeCloseTo(0.3, 1);
    const counts = [0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[rng.categorical([1, 0, 3])]!++;
    expect(counts[1]).toBe(0);
    expect(counts[2]! / 4000).toBeCloseTo(0.75, 1);
    expect(() => rng.integer(0)).toThrow('an integer from 1 on');
    expect(() => rng.bernoulli([1], 1.5)).toThrow('no probability');
    expect(() => rng.categorical([0, 0])).toThrow('all weights are 0');
    expect(() => rng.categorical([1, NaN])).toThrow('weight 1 is NaN');
    expect(() => new Rng(NaN)).toThrow('finite number');
  });
});

describe('normalQuantile', () => {
  // Standard tables, 16 digits.
  it.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.9, 1.2815515655446004],
    [0.001, -3.090232306167813],
    [1e-10, -6.361340902404056],
    [1e-15, -7.941345326170997],
    [0.6, 0.2533471031357997],
  ])('of %f is %f', (p, x) => {
    expect(Math.abs(normalQuantile(p) - x)).toBeLessThan(1e-13 * Math.max(1, Math.abs(x)));
  });
});

it('a generator that was forgotten, or a seed in its place, is named with the remedy', () => {
  const thrown = (rng: unknown): unknown => {
    try {
      // As plain JavaScript would call it.
      return Reflect.apply(checkRng, undefined, ['LstmCell', rng]);
    } catch (error) {
      return error;
    }
  };
  expect(thrown(new Rng(1))).toBeUndefined();
  for (const [rng, given] of [
    [undefined, 'none was given'],
    [7, 'a number was given'],
  ]) {
    expect(thrown(rng)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: `LstmCell: it draws random numbers from an rng; ${String(given)}. Give rng: new Rng(1).`,
    });
  }
});

describe('numbers that are not integers', () => {
  const rng = new Rng(1);

  it('are not cut off to be int32', () => {
    for (const draw of [
      () => rng.normal([2], { dtype: 'int32' }),
      () => rng.uniform([2], { dtype: 'int32', high: 9 }),
    ]) {
      expect(draw).toThrow(
        /^Rng\.(normal|uniform): int32 has no numbers between integers\. Draw float32 or float64, or Rng/,
      );
    }
    // These are integers.
    expect(rng.bernoulli([8], 0.5, { dtype: 'int32' }).dtype).toBe('int32');
  });

  it('are made from numbers', () => {
    expect(() => rng.normal([2], { std: NaN })).toThrow('Rng.normal: std is NaN; it must be a finite number.');
    expect(() => rng.uniform([2], { high: Infinity })).toThrow('Rng.uniform: high is Infinity; it must be');
  });
});
