import { wasm } from '@unroll/backend-wasm';
import { GruCell, LayerNormLstmCell, LstmCell, type RecurrentCell, StackedCells, Stream } from '@unroll/cells';
import { load } from '@unroll/runtime';
import { Rng, setBackend } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { compileModel } from './compile-model.ts';

setBackend(await wasm({ relaxedSimd: false }));

const rng = new Rng(1);
const cells: Readonly<Record<string, RecurrentCell>> = {
  LstmCell: new LstmCell({ inputSize: 7, hiddenSize: 65, rng }),
  LayerNormLstmCell: new LayerNormLstmCell({ inputSize: 7, hiddenSize: 33, rng }),
  'a stack': new StackedCells({
    cells: [new GruCell({ inputSize: 7, hiddenSize: 12, rng }), new LstmCell({ inputSize: 12, hiddenSize: 31, rng })],
  }),
};

it.each(Object.keys(cells).flatMap((name) => [1, 3, 5].map((batch) => [name, batch] as const)))(
  'the file gives the bits of the backend that compiles as it runs: %s, %i side by side',
  async (name, batch) => {
    const cell = cells[name]!;
    const compiled = (await load(await compileModel({ cell, batches: [batch] }))).stream({ batch });
    const stream = new Stream({ cell, batch });
    for (let t = 0; t < 5; t++) {
      const x = rng.normal([batch, 7]);
      expect(compiled.step(x.dataSync())).toEqual(stream.step(x).dataSync());
    }
  },
);
