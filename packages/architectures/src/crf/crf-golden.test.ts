import { valueAndGrad } from '@unroll/autograd';
import { type EncodedTensor, decodeTensor, float64Tolerance, mismatch, structuredCases } from '@unroll/fixtures';
import { Parameter, Rng, type Tensor, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { Crf } from './crf.ts';

const cases = structuredCases('crf');

const double = (encoded: EncodedTensor): Tensor => {
  const { shape, data } = decodeTensor(encoded);
  return tensor(data, { shape });
};

function expectNear(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const { relative, absolute } = float64Tolerance;
  for (const [i, want] of expected.entries()) {
    expect(Math.abs(actual[i]! - want)).toBeLessThanOrEqual(absolute + relative * Math.abs(want));
  }
}

describe('reference CRFs', () => {
  it('are all there', () => {
    expect(cases.map(({ id }) => id)).toEqual(['basic', 'lengths']);
  });

  it.each(cases)('$id: likelihoods, gradients, best paths, marginals', async (golden) => {
    const { num_tags: tagCount, lengths, expected } = golden;
    const crf = new Crf({ tagCount, rng: new Rng(1) });
    crf.start_transitions.value = double(golden.start);
    crf.end_transitions.value = double(golden.end);
    crf.transitions.value = double(golden.transitions);
    const emissions = new Parameter(double(golden.emissions));
    const [batch, time] = emissions.value.shape as [number, number];
    const tags = tensor(Int32Array.from(golden.tags.flat()), { shape: [batch, time] });
    const mask = tensor(lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))));

    const each = (): Tensor => crf.logLikelihood(emissions.value, tags, { mask });
    expectNear(each().dataSync(), expected.llh_none);
    expectNear([each().sum().item(), each().mean().item()], [expected.llh_sum, expected.llh_mean]);
    expectNear([crf.loss(emissions.value, tags, { mask }).item()], [-expected.llh_token_mean]);

    const parameters = [emissions, crf.start_transitions, crf.end_transitions, crf.transitions];
    const { grads } = valueAndGrad(() => each().sum().neg(), parameters);
    for (const [i, part] of (['emissions', 'start', 'end', 'transitions'] as const).entries()) {
      expect(mismatch(grads[i]!, expected.grads_of_nll_sum[part], float64Tolerance)).toBeUndefined();
    }

    const best = await crf.viterbi(emissions.value, { mask });
    const ranked = await crf.nBest(emissions.value, { count: 3, mask });
    const logZ = crf.logPartition(emissions.value, { mask }).dataSync();
    const marginals = crf.marginals(emissions.value, { mask });
    expect(best.map(({ tags: path }) => path)).toEqual(expected.viterbi);
    for (const [i, brute] of expected.brute_force.entries()) {
      expect(best[i]!.tags).toEqual(brute.best);
      expectNear([logZ[i]!, best[i]!.score], [brute.logZ, brute.best_score]);
      expect(ranked[i]!.map(({ tags: path }) => path)).toEqual(brute.top3.map(([path]) => path));
      expectNear(
        ranked[i]!.map(({ score }) => score),
        brute.top3.map(([, score]) => score),
      );
      expectNear(marginals.slice(0, i, 1).slice(1, 0, lengths[i]!).dataSync(), brute.marginals.flat());
    }
  });
});
