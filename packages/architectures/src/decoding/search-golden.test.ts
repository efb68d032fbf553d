import type { RecurrentCell } from '@unroll/cells';
import { type FoundSequence, structuredCases } from '@unroll/fixtures';
import { Parameter, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { greedy } from '../generation/choose-token.ts';
import { beamSearch } from './beam-search.ts';
import { decode } from './decode.ts';
import type { Hypothesis } from './hypothesis.ts';
import { type LengthPenalty, averageLength, gnmt, noLengthPenalty } from './length-penalty.ts';
import { forbiddenTokens } from './token-constraint.ts';
import { languageModel } from './token-model.ts';

const penalties: Readonly<Record<string, LengthPenalty>> = {
  A: noLengthPenalty(),
  A_norm: averageLength(),
  A_gnmt: gnmt({ alpha: 0.6 }),
};

/** The next token depends on the last one alone. */
function tableCell(logits: readonly (readonly number[])[]): RecurrentCell<readonly []> {
  const table = new Parameter(tensor(logits, { dtype: 'float64' }));
  return {
    inputSize: 1,
    outputSize: logits.length,
    initialState: () => [],
    step: (x, state) => [table.value.gather(x.squeeze(1)), state],
  };
}

function expectFound(actual: readonly Hypothesis[], expected: readonly FoundSequence[]): void {
  expect(actual.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
  for (const [i, { score, logProbability }] of actual.entries()) {
    expect(Math.abs(score - expected[i]!.score)).toBeLessThan(1e-9);
    expect(Math.abs(logProbability - expected[i]!.logprob)).toBeLessThan(1e-9);
  }
}

const cases = structuredCases('search');

describe('reference searches', () => {
  it('are all there', () => {
    expect(cases.map(({ id }) => id)).toEqual(Object.keys(penalties));
  });

  it.each(cases)('$id: greedy, beams of any width, and all that there is', async (golden) => {
    const { vocab, bos, eos, max_len: maxLength } = golden;
    const model = languageModel({ cell: tableCell(golden.logits_given_prev) });
    const limits = { model, start: bos, end: eos, maxLength, constraints: [forbiddenTokens([bos])] };
    const lengthPenalty = penalties[golden.id]!;
    const [written] = await decode({ ...limits, choose: greedy() });
    expect(written!.tokens).toEqual(golden.greedy.tokens);
    expect(Math.abs(written!.logProbability - golden.greedy.logprob)).toBeLessThan(1e-9);
    const all = vocab ** maxLength;
    const widths: Readonly<Record<string, readonly FoundSequence[]>> = { ...golden.beam, [all]: golden.beam_full };
    for (const [beamSize, expected] of Object.entries(widths)) {
      const nBest = expected.length;
      const [found] = await beamSearch({ ...limits, lengthPenalty, beamSize: Number(beamSize), nBest });
      expectFound(found!, expected);
    }
    const [best] = await beamSearch({ ...limits, lengthPenalty, beamSize: all, nBest: 10 });
    expectFound(best!, golden.exhaustive_top10);
  });
});
