import { valueAndGrad } from '@unroll/autograd';
import { GruCell } from '@unroll/cells';
import { Rng, namedParameters, parametersOf, tensor, tensorsOf } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { untrained } from '../test/models.ts';
import { CELLS, type CellName } from './config.ts';
import { CharRnn, type CharRnnState } from './model.ts';

const cellNames = Object.keys(CELLS) as CellName[];
const tokens = (rows: readonly (readonly number[])[]) => tensor(rows, { dtype: 'int32' });

describe('CharRnn', () => {
  it('is an embedding, cells and a linear layer, by these names', () => {
    const { model } = untrained('abc', { cell: 'lstm', layers: 2 });
    const shapes = Object.fromEntries(namedParameters(model).map(([name, { value }]) => [name, value.shape.join('×')]));
    expect(shapes).toEqual({
      'embedding.weight': '4×4',
      'recurrent.layers.0.cell.weight_ih': '32×4',
      'recurrent.layers.0.cell.weight_hh': '32×8',
      'recurrent.layers.0.cell.bias_ih': '32',
      'recurrent.layers.0.cell.bias_hh': '32',
      'recurrent.layers.1.cell.weight_ih': '32×8',
      'recurrent.layers.1.cell.weight_hh': '32×8',
      'recurrent.layers.1.cell.bias_ih': '32',
      'recurrent.layers.1.cell.bias_hh': '32',
      'output.weight': '4×8',
      'output.bias': '4',
    });
  });

  it.each(cellNames)(
    'gives logits for each character, and the same in two parts with the state carried (%s)',
    (cell) => {
      const { model } = untrained('abc', { cell, layers: 2 });
      const [whole] = model.forward(
        tokens([
          [1, 2, 3, 1],
          [3, 3, 2, 1],
        ]),
      );
      const [first, state] = model.forward(
        tokens([
          [1, 2],
          [3, 3],
        ]),
      );
      const [second] = model.forward(
        tokens([
          [3, 1],
          [2, 1],
        ]),
        { state },
      );
      expect(whole.shape).toEqual([2, 4, 4]);
      const parts = whole.split(1, 2).map((part) => [...part.dataSync()]);
      expect([...first.dataSync()]).toEqual(parts[0]);
      for (const [i, value] of [...second.dataSync()].entries()) expect(value).toBeCloseTo(parts[1]![i]!, 6);
    },
  );

  it('keeps the state over padding', () => {
    const { model } = untrained('abc');
    const [, padded] = model.forward(tokens([[1, 2, 3]]), { mask: tensor([[1, 1, 0]]) });
    const [, alone] = model.forward(tokens([[1, 2]]));
    const numbers = (state: CharRnnState) => tensorsOf(state).map((leaf) => [...leaf.dataSync()]);
    expect(numbers(padded)).toEqual(numbers(alone));
  });

  it('drops out only where an rng is given, also behind the last cell', () => {
    const { model } = untrained('abc', { dropout: 0.5 });
    const run = (rng?: Rng) => [...model.forward(tokens([[1, 2, 3]]), { rng })[0].dataSync()];
    expect(run()).toEqual(run());
    expect(run(new Rng(1))).toEqual(run(new Rng(1)));
    expect(run(new Rng(1))).not.toEqual(run(new Rng(2)));
    expect(run(new Rng(1))).not.toEqual(run());
  });

  it('reads an unknown character as nothing, and keeps it so while it learns', () => {
    const { model, vocabulary } = untrained('abc');
    const parameters = parametersOf(model);
    const { grads } = valueAndGrad(
      () =>
        model
          .forward(tokens([[vocabulary.unkId, 1, vocabulary.unkId]]))[0]
          .square()
          .sum(),
      parameters,
    );
    const row = (values: ArrayLike<number>) => Array.from(values).slice(0, 4);
    expect(row(model.embedding.weight.value.dataSync())).toEqual([0, 0, 0, 0]);
    expect(row(grads[parameters.indexOf(model.embedding.weight)]!.dataSync())).toEqual([0, 0, 0, 0]);
  });

  it('takes any cell', () => {
    const rng = new Rng(1);
    const cells = [
      new GruCell({ inputSize: 5, hiddenSize: 3, rng }),
      new GruCell({ inputSize: 3, hiddenSize: 6, rng }),
    ];
    const model = new CharRnn({ vocabularySize: 7, cells, rng });
    expect(model.embedding.weight.value.shape).toEqual([7, 5]);
    expect(model.forward(tokens([[6]]))[0].shape).toEqual([1, 1, 7]);
  });
});
