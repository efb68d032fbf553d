import { valueAndGrad } from '@unroll/autograd';
import { Embedding } from '@unroll/layers';
import { Rng, type Tensor, parametersOf, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import type { RecurrentCell } from '../cell.ts';
import { LstmCell } from '../lstm.ts';
import { Stream } from '../stream/stream.ts';
import { scan } from './scan.ts';

/** Reads tokens. */
class Reader implements RecurrentCell<{ readonly h: Tensor; readonly c: Tensor }> {
  readonly inputSize = 1;
  readonly outputSize = 4;
  readonly embedding: Embedding = new Embedding({ count: 7, size: 3, rng: new Rng(1) });
  readonly cell: LstmCell = new LstmCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(2) });

  initialState(batch: number): { readonly h: Tensor; readonly c: Tensor } {
    return this.cell.initialState(batch);
  }

  step(x: Tensor, state: { readonly h: Tensor; readonly c: Tensor }): ReturnType<LstmCell['step']> {
    return this.cell.step(this.embedding.forward(x.reshape([x.shape[0]!])), state);
  }
}

const tokens = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(rows, { dtype: 'int32' }).reshape([rows.length, rows[0]!.length, 1]);
const bad = tokens([
  [1, 2, 3, 4],
  [1, 2, 9, 4],
  [0, 0, 0, 8],
]);

describe('a token that there is not, is told with its sequence and its step', () => {
  const place = 'gather: index 9 at position 1 of step 2 is out of range: there are 7 rows, 0 to 6.';

  it('by scan, each time it is called', () => {
    const cell = new Reader();
    for (let i = 0; i < 4; i++) expect(() => scan(cell, bad)).toThrow(place);
  });

  it('by scan while a derivative is recorded', () => {
    const cell = new Reader();
    const loss = (): Tensor => scan(cell, bad)[0].sum();
    for (let i = 0; i < 3; i++) expect(() => valueAndGrad(loss, parametersOf(cell))).toThrow(place);
  });

  it('by scan with a mask', () => {
    const mask = tensor([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
      [1, 1, 1, 0],
    ]);
    expect(() => scan(new Reader(), bad, { mask })).toThrow(place);
  });

  it('by a stream, whose steps count from its beginning or its reset', () => {
    const stream = new Stream({ cell: new Reader(), batch: 3 });
    expect(() => stream.read(bad)).toThrow(place);
    stream.reset();
    stream.step(tokens([[1], [2], [3]]).reshape([3, 1]));
    stream.read(bad.slice(1, 0, 2));
    const next = tokens([[1], [2], [9]]).reshape([3, 1]);
    expect(() => stream.step(next)).toThrow('index 9 at position 2 of step 3 is');
    expect(() => stream.read(bad)).toThrow('index 9 at position 1 of step 5 is');
    stream.reset();
    expect(() => stream.step(next)).toThrow('index 9 at position 2 of step 0 is');
  });
});
