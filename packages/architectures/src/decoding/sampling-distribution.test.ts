import { decodeTensor, float64Tolerance, goldenCases, mismatch } from '@unroll/fixtures';
import { Rng } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { samplingDistribution } from './sampling-distribution.ts';

const logits = [-0.5, 2, 0.25, 2, -Infinity, 1];

describe('samplingDistribution', () => {
  it.each(goldenCases('sampling_distribution'))('gives the golden probabilities of $id', (golden) => {
    const { temp: temperature, k: topK, p: topP } = golden;
    const probabilities = samplingDistribution(decodeTensor(golden.logits).data, { temperature, topK, topP });
    const actual = { shape: [probabilities.length], dataSync: () => probabilities };
    expect(mismatch(actual, golden.expected_probs, float64Tolerance)).toBeUndefined();
  });

  it('is the softmax by default, and gives an impossible token no chance', () => {
    const probabilities = samplingDistribution(logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    for (const [i, logit] of logits.entries()) expect(probabilities[i]).toBeCloseTo(Math.exp(logit) / total, 14);
    expect(probabilities[4]).toBe(0);
  });

  it('leaves the first of the likeliest at temperature 0, and nearly so just above', () => {
    expect([...samplingDistribution(logits, { temperature: 0 })]).toEqual([0, 1, 0, 0, 0, 0]);
    expect([...samplingDistribution(logits, { temperature: 1e-300 })]).toEqual([0, 0.5, 0, 0.5, 0, 0]);
  });

  it('keeps the first of equal tokens where only one may stay', () => {
    expect([...samplingDistribution(logits, { topK: 1 })]).toEqual([0, 1, 0, 0, 0, 0]);
    expect([...samplingDistribution(logits, { topP: 1e-9 })]).toEqual([0, 1, 0, 0, 0, 0]);
  });

  it('does not mind logits whose exponentials overflow', () => {
    expect([...samplingDistribution([1e308, -1e308])]).toEqual([1, 0]);
  });

  it('counts topP on what topK left', () => {
    // Of 0.5, 0.3, 0.2 the first two share 0.625 and 0.375: the first alone reaches 0.6, though it is 0.5 of all.
    const three = [0.5, 0.3, 0.2].map(Math.log);
    expect([...samplingDistribution(three, { topK: 2, topP: 0.6 })]).toEqual([1, 0, 0]);
  });

  it('keeps its promise about the smallest head, whatever the logits', () => {
    const rng = new Rng(1);
    for (let round = 0; round < 50; round++) {
      const some = Array.from({ length: 1 + rng.integer(20) }, () => rng.next() * 8);
      const topP = 1 - rng.next();
      const all = samplingDistribution(some);
      const kept = samplingDistribution(some, { topP });
      const masses = [...all].filter((_, i) => kept[i]! > 0);
      const mass = masses.reduce((a, b) => a + b, 0);
      expect(mass).toBeGreaterThanOrEqual(topP - 1e-12);
      expect(mass - Math.min(...masses)).toBeLessThan(topP + 1e-12);
      expect(kept.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    }
  });

  it.each([
    [{ temperature: -1 }, 'temperature is -1'],
    [{ temperature: NaN }, 'temperature is NaN'],
    [{ topK: 0 }, 'topK is 0'],
    [{ topK: 1.5 }, 'topK is 1.5'],
    [{ topP: 0 }, 'topP is 0'],
    [{ topP: 1.1 }, 'topP is 1.1'],
  ])('refuses %o', (options, message) => {
    expect(() => samplingDistribution(logits, options)).toThrow(message);
  });

  it('says so when the logits are no numbers to choose by', () => {
    expect(() => samplingDistribution([])).toThrow('no logits');
    expect(() => samplingDistribution([0, NaN])).toThrow('logit 1 is NaN');
    expect(() => samplingDistribution([Infinity])).toThrow('logit 0 is Infinity');
    expect(() => samplingDistribution([-Infinity])).toThrow('all logits are −∞');
  });
});
