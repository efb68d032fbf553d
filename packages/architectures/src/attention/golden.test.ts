import { valueAndGrad } from '@unroll/autograd';
import { type WasmBackend, wasm } from '@unroll/backend-wasm';
import {
  type AttentionCase,
  type EncodedTensor,
  decodeTensor,
  float32Tolerance,
  float64Tolerance,
  goldenCases,
  mismatch,
} from '@unroll/fixtures';
import {
  type DType,
  Parameter,
  Rng,
  type Tensor,
  parametersOf,
  stack,
  tensor,
  unstack,
  withBackend,
} from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { AdditiveScore } from './additive.ts';
import type { AttentionScore } from './attention-score.ts';
import { DotScore, ScaledDotScore } from './dot.ts';
import { GeneralScore } from './general.ts';
import { type Attended, attend, remember } from './memory.ts';

describe('attention equals PyTorch', () => {
  const cases = goldenCases('attention');

  it.each(cases)('$id in float64: weights, context, loss, all gradients', (golden) => check(golden, 'float64'));
  it.each(cases)('$id in float32', (golden) => check(golden, 'float32'));
  it.each(cases)('$id in float32 on wasm', async (golden) => {
    const backend: WasmBackend = await wasm({ relaxedSimd: false });
    withBackend(backend, () => check(golden, 'float32'));
  });
});

function check(golden: AttentionCase, dtype: DType): void {
  const decode = (encoded: EncodedTensor): Tensor => {
    const { shape, data } = decodeTensor(encoded);
    return tensor(data, { shape, dtype });
  };
  const tolerance = dtype === 'float64' ? float64Tolerance : float32Tolerance();
  const { score, named } = scoreOf(golden, decode);
  const [q, k, v] = [golden.q, golden.k, golden.v].map((encoded) => new Parameter(decode(encoded))) as [
    Parameter,
    Parameter,
    Parameter,
  ];
  const mask = golden.key_mask_1_is_valid
    ? tensor(
        golden.key_mask_1_is_valid.map((row) => [...row]),
        { dtype },
      )
    : undefined;
  const run = (): Attended => {
    const memory = remember({ score, keys: k.value, values: v.value, mask });
    const looks = unstack(q.value, 1).map((query) => attend({ score, memory, query }));
    return {
      weights: stack(
        looks.map(({ weights }) => weights),
        1,
      ),
      context: stack(
        looks.map(({ context }) => context),
        1,
      ),
    };
  };
  const { weights, context } = run();
  expect(mismatch(weights, golden.expected.weights, tolerance), 'weights').toBeUndefined();
  expect(mismatch(context, golden.expected.context, tolerance), 'context').toBeUndefined();
  // The gradient called v is that of the parameter v where the score has one.
  const all: Record<string, Parameter> = { q, k, v, ...named };
  const { value, grads } = valueAndGrad(() => {
    const looked = run();
    const weigh = (x: Tensor, cotangent: EncodedTensor): Tensor => x.mul(decode(cotangent)).sum();
    return weigh(looked.weights, golden.cotangents.weights).add(weigh(looked.context, golden.cotangents.context));
  }, Object.values(all));
  expect(mismatch(value, { s: [], d: [golden.expected.loss] }, tolerance), 'loss').toBeUndefined();
  expect(Object.keys(all).toSorted()).toEqual(Object.keys(golden.grads).toSorted());
  for (const [i, name] of Object.keys(all).entries()) {
    expect(mismatch(grads[i]!, golden.grads[name]!, tolerance), `gradient of ${name}`).toBeUndefined();
  }
}

/** The score of a case with its parameters, by the names of the case. */
function scoreOf(
  { score, params, q, k }: AttentionCase,
  decode: (encoded: EncodedTensor) => Tensor,
): { readonly score: AttentionScore; readonly named: Record<string, Parameter> } {
  const [querySize, keySize] = [q.s[2]!, k.s[2]!];
  const rng = new Rng(1);
  if (score === 'q.k') return { score: new DotScore(), named: {} };
  if (score === 'q.k/sqrt(d)') return { score: new ScaledDotScore(), named: {} };
  const [made, named] = ((): [AttentionScore, Record<string, Parameter>] => {
    if (params['W']) {
      const general = new GeneralScore({ querySize, keySize, rng });
      return [general, { W: general.weight }];
    }
    const attentionSize = params['b']!.s[0]!;
    const additive = new AdditiveScore({ querySize, keySize, attentionSize, rng });
    const { weight_query: Wq, weight_key: Wk, bias: b, weight_score: v } = additive;
    return [additive, { Wq, Wk, b, v }];
  })();
  expect(Object.values(named).length).toBe(parametersOf(made).length);
  for (const [name, parameter] of Object.entries(named)) parameter.value = decode(params[name]!);
  return { score: made, named };
}
