import { valueAndGrad } from '@unroll/autograd';
import { wasm } from '@unroll/backend-wasm';
import { GruCell } from '@unroll/cells';
import {
  type EncodedTensor,
  type Seq2SeqCase,
  decodeTensor,
  float32Tolerance,
  float64Tolerance,
  goldenCases,
  mismatch,
} from '@unroll/fixtures';
import { Embedding, Linear, crossEntropy } from '@unroll/layers';
import { type DType, type Parameter, Rng, castParameters, tensor, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { AdditiveScore } from '../attention/additive.ts';
import { AttentionDecoder } from '../attention/attention-decoder.ts';
import { deepReadout } from '../attention/readout.ts';
import { Bidirectional } from '../bidirectional.ts';
import { LinearBridge } from './bridge.ts';
import { EncoderDecoder } from './encoder-decoder.ts';
import { TokenDecoder } from './token-decoder.ts';

describe('an encoder-decoder with additive attention equals PyTorch', () => {
  const cases = goldenCases('seq2seq');

  it.each(cases)('$id in float64: loss, logits, alignments, all gradients', (golden) => check(golden, 'float64'));
  it.each(cases)('$id in float32', (golden) => check(golden, 'float32'));
  it.each(cases)('$id in float32 on wasm', async (golden) => {
    withBackend(await wasm({ relaxedSimd: false }), () => check(golden, 'float32'));
  });
});

function check(golden: Seq2SeqCase, dtype: DType): void {
  const { params, cfg, expected } = golden;
  const tolerance = dtype === 'float64' ? float64Tolerance : float32Tolerance();
  const rng = new Rng(1);
  const embed = (name: string): Embedding => {
    const [count, size] = params[name]!.s as [number, number];
    return new Embedding({ count, size, paddingIndex: cfg.pad, rng });
  };
  const hiddenSize = params['dec.weight_hh']!.s[1]!;
  const [inputSize, attentionSize] = [params['src_emb.weight']!.s[1]!, params['att_k.bias']!.s[0]!];
  const direction = (): GruCell => new GruCell({ inputSize, hiddenSize, rng });
  const encoder = new Bidirectional({ forwardCell: direction(), backwardCell: direction() });
  const valueSize = encoder.outputSize;
  const cell = new GruCell({ inputSize: inputSize + valueSize, hiddenSize, rng });
  const score = new AdditiveScore({ querySize: hiddenSize, keySize: valueSize, attentionSize, rng });
  const attention = new AttentionDecoder({ cell, score, valueSize, readout: deepReadout });
  const bridge = new LinearBridge({ inputSize: valueSize, cell, rng });
  const output = new Linear({ inputSize: attention.outputSize, outputSize: params['out.bias']!.s[0]!, rng });
  const decoder = new TokenDecoder({ embedding: embed('tgt_emb.weight'), decoder: attention, bridge, output });
  const model = castParameters(new EncoderDecoder({ embedding: embed('src_emb.weight'), encoder, decoder }), dtype);

  const gru = (prefix: string, suffix: string, { weight_ih, weight_hh, bias_ih, bias_hh }: GruCell) =>
    Object.entries({ weight_ih, weight_hh, bias_ih, bias_hh }).map(
      ([role, parameter]) => [`${prefix}.${role}${suffix}`, parameter!] as const,
    );
  const named: readonly (readonly [string, Parameter])[] = [
    ['src_emb.weight', model.embedding!.weight],
    ['tgt_emb.weight', decoder.embedding.weight],
    ...gru('enc', '_l0', encoder.forwardCell as GruCell),
    ...gru('enc', '_l0_reverse', encoder.backwardCell as GruCell),
    ['init.weight', bridge.linear.weight],
    ['init.bias', bridge.linear.bias!],
    ['att_q.weight', score.weight_query],
    ['att_k.weight', score.weight_key],
    ['att_k.bias', score.bias],
    ['att_v.weight', score.weight_score],
    ...gru('dec', '', cell),
    ['out.weight', output.weight],
    ['out.bias', output.bias!],
  ];
  expect(named.map(([name]) => name).toSorted()).toEqual(Object.keys(params).toSorted());
  for (const [name, parameter] of named) {
    const { data } = decodeTensor(params[name]!);
    parameter.value = tensor(data, { shape: parameter.value.shape, dtype });
  }

  const source = ints(golden.src);
  const [inputs, targets] = [
    ints(golden.tgt.map((row) => row.slice(0, -1))),
    ints(golden.tgt.map((row) => row.slice(1))),
  ];
  const sourceMask = source.equal(cfg.pad).equal(0);
  // PyTorch decodes the padding too; the loss leaves it out.
  const run = () => model.forward(source, inputs, { sourceMask });
  const { logits, alignments } = run();
  expect(mismatch(model.encode(source, { mask: sourceMask }).ys, expected.encoder_out, tolerance)).toBeUndefined();
  expect(mismatch(logits, expected.logits, tolerance), 'logits').toBeUndefined();
  expect(mismatch(alignments!, expected.attention, tolerance), 'attention').toBeUndefined();
  const { value, grads } = valueAndGrad(
    () => crossEntropy(run().logits, targets, { mask: targets.equal(cfg.pad).equal(0) }),
    named.map(([, parameter]) => parameter),
  );
  expect(mismatch(value, { s: [], d: [expected.loss] }, tolerance), 'loss').toBeUndefined();
  for (const [i, [name]] of named.entries()) {
    const want: EncodedTensor = golden.grads[name]!;
    const grad = grads[i]!.reshape(want.s);
    expect(mismatch(grad, want, tolerance), `gradient of ${name}`).toBeUndefined();
  }
}

function ints(rows: readonly (readonly number[])[]) {
  return tensor(
    rows.map((row) => [...row]),
    { dtype: 'int32' },
  );
}
