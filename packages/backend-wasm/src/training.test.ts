import { valueAndGrad } from '@unroll/autograd';
import { LstmCell, scan } from '@unroll/cells';
import { Rng, namedParameters, tensor, withBackend } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { wasm } from './wasm.ts';

it('a training step leaves memory as it was, and the next ones need no more', async () => {
  const backend = await wasm({ relaxedSimd: false });
  withBackend(backend, () => {
    const cell = new LstmCell({ inputSize: 9, hiddenSize: 40, rng: new Rng(1) });
    const parameters = namedParameters(cell).map(([, parameter]) => parameter);
    const xs = tensor(
      Array.from({ length: 8 }, (_b, b) =>
        Array.from({ length: 12 }, (_t, t) => Array.from({ length: 9 }, (_i, i) => Math.sin(b + 3 * t + 5 * i))),
      ),
    );
    const step = (): void => {
      const { value, grads } = valueAndGrad(() => {
        const [ys] = scan(cell, xs);
        return ys.mul(ys).mean();
      }, parameters);
      for (const each of [value, ...grads]) each.dispose();
    };
    step();
    const before = backend.memory();
    for (let i = 0; i < 30; i++) step();
    expect(backend.memory()).toEqual(before);
  });
});
