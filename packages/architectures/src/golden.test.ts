import { valueAndGrad } from '@unroll/autograd';
import {
  GruCell,
  LstmCell,
  type LstmState,
  ProjectedLstmCell,
  type RecurrentCell,
  type State,
  VanillaCell,
} from '@unroll/cells';
import {
  type EncodedTensor,
  type RnnLayerCase,
  type RnnOutputs,
  decodeTensor,
  float32Tolerance,
  float64Tolerance,
  goldenCases,
  mismatch,
} from '@unroll/fixtures';
import { type DType, Parameter, Rng, type Tensor, namedParameters, stack, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { Bidirectional, type BothDirections } from './bidirectional.ts';
import type { SequenceLayer } from './sequence-layer.ts';
import { Stacked } from './stacked.ts';
import { Unidirectional } from './unidirectional.ts';

/** One of PyTorch's layers, rebuilt from parts: its own parameters, inputs and states, all differentiable. */
class Rebuilt {
  readonly golden: RnnLayerCase;
  readonly dtype: DType;
  /** By PyTorch's names, with `x`, `h_0` and `c_0`. */
  readonly parameters: Map<string, Parameter> = new Map();
  readonly layer: SequenceLayer<readonly State[]>;

  constructor(golden: RnnLayerCase, dtype: DType) {
    this.golden = golden;
    this.dtype = dtype;
    const { cfg, x, h_0, c_0 } = golden;
    for (const [name, value] of Object.entries({ x, h_0, c_0 })) {
      if (value) this.parameters.set(name, new Parameter(this.decode(value)));
    }
    const layers = Array.from({ length: cfg.num_layers }, (_, l): SequenceLayer =>
      cfg.bidirectional
        ? new Bidirectional({ forwardCell: this.cell(l, ''), backwardCell: this.cell(l, '_reverse') })
        : new Unidirectional({ cell: this.cell(l, '') }),
    );
    this.layer = new Stacked({ layers });
  }

  decode(encoded: EncodedTensor): Tensor {
    const { shape, data } = decodeTensor(encoded);
    return tensor(data, { shape, dtype: this.dtype });
  }

  cell(level: number, suffix: string): RecurrentCell {
    const { cfg, params } = this.golden;
    const outputSize = cfg.proj_size || cfg.hidden_size;
    const inputSize = level === 0 ? cfg.input_size : outputSize * (cfg.bidirectional ? 2 : 1);
    const options = { inputSize, hiddenSize: cfg.hidden_size, bias: cfg.bias, rng: new Rng(1) };
    const nonlinearity =
      cfg.nonlinearity === 'relu' ? (x: Tensor): Tensor => x.relu() : (x: Tensor): Tensor => x.tanh();
    const cell = {
      RNN: () => new VanillaCell({ ...options, nonlinearity }),
      LSTM: () =>
        cfg.proj_size ? new ProjectedLstmCell({ ...options, projectedSize: outputSize }) : new LstmCell(options),
      GRU: () => new GruCell(options),
    }[cfg.cell]();
    for (const [role, parameter] of namedParameters(cell)) {
      const name = `${role}_l${level}${suffix}`;
      parameter.value = this.decode(params[name]!); // refuses another shape
      this.parameters.set(name, parameter);
    }
    return cell;
  }

  /** PyTorch numbers the states layer by layer, the two directions side by side. */
  states(): readonly State[] | undefined {
    const h0 = this.parameters.get('h_0')?.value.split(0, this.golden.h_0!.s[0]!);
    const c0 = this.parameters.get('c_0')?.value.split(0, this.golden.c_0!.s[0]!);
    const at = (i: number): State | undefined => {
      const h = h0?.[i]?.squeeze(0);
      const c = c0?.[i]?.squeeze(0);
      return h && c ? { h, c } : h;
    };
    if (!h0) return undefined;
    return Array.from({ length: this.golden.cfg.num_layers }, (_, l) =>
      this.golden.cfg.bidirectional ? { forward: at(2 * l)!, backward: at(2 * l + 1)! } : at(l)!,
    );
  }

  run(): { readonly y: Tensor; readonly h_n: Tensor; readonly c_n: Tensor | undefined } {
    const { cfg, lengths } = this.golden;
    const flip = (xs: Tensor): Tensor => (cfg.batch_first ? xs : xs.transpose([1, 0, 2]));
    const xs = flip(this.parameters.get('x')!.value);
    const time = xs.shape[1]!;
    const mask = lengths
      ? tensor(lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))))
      : undefined;
    const [ys, finals] = this.layer.forward(xs, { state: this.states(), mask });
    const each = finals.flatMap((final) => {
      if (!cfg.bidirectional) return [final];
      const both = final as BothDirections<State, State>;
      return [both.forward, both.backward];
    });
    const lstm = cfg.cell === 'LSTM';
    return {
      y: flip(ys),
      h_n: stack(each.map((state) => (lstm ? (state as LstmState).h : (state as Tensor)))),
      c_n: lstm ? stack(each.map((state) => (state as LstmState).c)) : undefined,
    };
  }

  loss(): Tensor {
    const { y, h_n, c_n } = this.run();
    const { cotangents } = this.golden;
    const weigh = (value: Tensor, cotangent: EncodedTensor): Tensor => value.mul(this.decode(cotangent)).sum();
    const loss = weigh(y, cotangents.y).add(weigh(h_n, cotangents.h_n));
    return c_n ? loss.add(weigh(c_n, cotangents.c_n!)) : loss;
  }
}

const cases = goldenCases('rnn_layer');

describe('recurrent layers equal PyTorch', () => {
  it.each(cases)('$id in float64: outputs, final states, loss, all gradients', (golden) => {
    check(golden, 'float64', golden.expected, golden.grads);
  });

  it.each(cases)('$id in float32', (golden) => {
    check(golden, 'float32', golden.expected_f32 ?? golden.expected, golden.grads_f32 ?? golden.grads);
  });
});

function check(golden: RnnLayerCase, dtype: DType, expected: RnnOutputs, grads: RnnLayerCase['grads']): void {
  const tolerance = (what: 'y' | 'h_n' | 'c_n' | 'loss' | 'grads') =>
    dtype === 'float64' ? float64Tolerance : float32Tolerance(golden.f32_max_abs_err[what]);
  const rebuilt = new Rebuilt(golden, dtype);
  const { y, h_n, c_n } = rebuilt.run();
  expect(mismatch(y, expected.y, tolerance('y')), 'y').toBeUndefined();
  expect(mismatch(h_n, expected.h_n, tolerance('h_n')), 'h_n').toBeUndefined();
  if (c_n) expect(mismatch(c_n, expected.c_n!, tolerance('c_n')), 'c_n').toBeUndefined();
  const named = [...rebuilt.parameters];
  const result = valueAndGrad(
    () => rebuilt.loss(),
    named.map(([, parameter]) => parameter),
  );
  expect(mismatch(result.value, { s: [], d: [expected.loss] }, tolerance('loss')), 'loss').toBeUndefined();
  for (const [i, [name]] of named.entries()) {
    expect(mismatch(result.grads[i]!, grads[name]!, tolerance('grads')), `gradient of ${name}`).toBeUndefined();
  }
}
