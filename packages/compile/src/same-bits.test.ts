import { wasm } from '@unroll/backend-wasm';
import { type RecurrentCell, Stream } from '@unroll/cells';
import { everyCell, everyWrapper } from '@unroll/cells/conformance';
import { load } from '@unroll/runtime';
import { Rng, setBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { compileModel } from './compile-model.ts';

setBackend(await wasm({ relaxedSimd: false }));

type MakeCell = (size: number) => RecurrentCell;

const kinds: readonly (readonly [name: string, make: MakeCell])[] = [
  ...Object.entries(everyCell).map(
    ([name, make]) => [name, (size: number) => make({ inputSize: size, hiddenSize: size, rng: new Rng(1) })] as const,
  ),
  ...Object.entries(everyWrapper).map(([name, wrap]) => {
    const inner = (size: number): RecurrentCell =>
      everyCell['LstmCell']!({ inputSize: size, hiddenSize: size, rng: new Rng(1) });
    return [`LstmCell in ${name}`, (size: number) => wrap(inner(size), new Rng(2))] as const;
  }),
];

describe.each(kinds)('a compiled %s gives the bits of the backend that compiles as it runs', (_, make) => {
  it.each([
    [1, 1],
    [6, 1],
    [33, 1],
    [6, 3],
    [33, 5],
  ])('of size %i, %i side by side', async (size, batch) => {
    const cell = make(size);
    const compiled = (await load(await compileModel({ cell, batches: [batch] }))).stream({ batch });
    const stream = new Stream({ cell, batch });
    const rng = new Rng(3);
    for (let t = 0; t < 4; t++) {
      const x = rng.normal([batch, cell.inputSize]);
      expect(compiled.step(x.dataSync())).toEqual(stream.step(x).dataSync());
    }
  });
});
