import { type RecurrentCell, scan } from '@unroll/cells';
import { Rng, type Tensor, scope, withBackend, zeros } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { wasm } from '../wasm.ts';

const backend = await wasm({ relaxedSimd: false });

function cellOf(apply: (x: Tensor) => Tensor): RecurrentCell<Tensor> {
  return {
    inputSize: 3,
    outputSize: 3,
    initialState: (batch) => zeros([batch, 3]),
    step: (x, h) => {
      const next = apply(h.mul(0.5).add(x));
      return [next, next];
    },
  };
}

it('loops of one memory, each with constants that no loop before it has, leave those of the others as they are', () => {
  const cells = [
    (x: Tensor) => x.tanh(),
    (x: Tensor) => x.square().add(1).log(),
    (x: Tensor) => x.erf(),
    (x: Tensor) => x.mul(1e5).sin(),
    (x: Tensor) => x.max(1, { keepDims: true }).sub(x),
  ].map(cellOf);
  const run = (cell: RecurrentCell<Tensor>): readonly number[] =>
    withBackend(backend, () => scope(() => Array.from(scan(cell, new Rng(2).normal([2, 8, 3]))[0].dataSync())));
  const whenNew = cells.map((cell) => run(cell));
  expect(cells.map((cell) => run(cell))).toEqual(whenNew);
  expect(whenNew.flat().every(Number.isFinite)).toBe(true);
});
