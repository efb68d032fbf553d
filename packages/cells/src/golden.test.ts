import { valueAndGrad } from '@unroll/autograd';
import { decodeTensor, float32Tolerance, float64Tolerance, goldenCases, mismatch } from '@unroll/fixtures';
import {
  type DType,
  Parameter,
  Rng,
  type Tensor,
  castParameters,
  namedParameters,
  tensor,
  tensorsOf,
} from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell, State } from './cell.ts';
import { GruCell } from './gru.ts';
import { LstmCell } from './lstm.ts';
import { VanillaCell } from './vanilla.ts';

const cells: Readonly<
  Record<string, new (options: { inputSize: number; hiddenSize: number; rng: Rng }) => RecurrentCell>
> = {
  rnncell: VanillaCell,
  lstmcell: LstmCell,
  grucell: GruCell,
};

describe.each(['float64', 'float32'] as const)('one step equals PyTorch in %s', (dtype: DType) => {
  const tolerance = dtype === 'float64' ? float64Tolerance : float32Tolerance();

  it.each(goldenCases('rnn_cell'))('$id: outputs and all gradients', (golden) => {
    const decode = (encoded: Parameters<typeof decodeTensor>[0]): Tensor => {
      const { shape, data } = decodeTensor(encoded);
      return tensor(data, { shape, dtype });
    };
    const [, inputSize] = golden.x.s as [number, number];
    const [, hiddenSize] = golden.h.s as [number, number];
    const cell = castParameters(new cells[golden.id]!({ inputSize, hiddenSize, rng: new Rng(1) }), dtype);
    const named = namedParameters(cell);
    for (const [name, parameter] of named) parameter.value = decode(golden.params[name]!);
    const x = new Parameter(decode(golden.x));
    const h = new Parameter(decode(golden.h));
    const c = golden.c ? new Parameter(decode(golden.c)) : undefined;

    const run = (): readonly Tensor[] => {
      const state: State = c ? { h: h.value, c: c.value } : h.value;
      return tensorsOf(cell.step(x.value, state)[1]);
    };
    for (const [i, value] of run().entries()) expect(mismatch(value, golden.expected[i]!, tolerance)).toBeUndefined();
    const loss = (): Tensor =>
      run()
        .map((value, i) => value.mul(decode(golden.cotangents[i]!)).sum())
        .reduce((a, b) => a.add(b));
    const by: readonly (readonly [string, Parameter])[] = [
      ...named,
      ['x', x],
      ['h', h],
      ...(c ? [['c', c] as const] : []),
    ];
    const { grads } = valueAndGrad(
      loss,
      by.map(([, parameter]) => parameter),
    );
    for (const [i, [name]] of by.entries())
      expect(mismatch(grads[i]!, golden.grads[name]!, tolerance), name).toBeUndefined();
  });
});
