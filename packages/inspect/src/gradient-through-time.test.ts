import { Bidirectional } from '@unroll/architectures';
import { valueAndGrad } from '@unroll/autograd';
import { GruCell, LstmCell, VanillaCell, scan } from '@unroll/cells';
import { Rng, castParameters, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { gradientThroughTime } from './index.ts';

const float64 = { dtype: 'float64' } as const;

describe('the gradient through time', () => {
  it('of a linear recurrence is a power of its weight', async () => {
    const rng = new Rng(1);
    const constant = (value: number) => () => tensor([[value]], float64);
    const cell = new VanillaCell({
      inputSize: 1,
      hiddenSize: 1,
      bias: false,
      rng,
      nonlinearity: (x) => x,
      initializers: { weight_ih: constant(1), weight_hh: constant(0.5) },
    });
    const xs = rng.normal([1, 9, 1], float64);
    const norms = await gradientThroughTime({ model: cell, loss: () => scan(cell, xs)[1].sum() });
    expect([...norms.keys()]).toEqual(['h']);
    for (const [t, norm] of norms.get('h')!.entries()) expect(norm).toBeCloseTo(0.5 ** (8 - t), 12);
  });

  it('equals the gradient by a state given in the middle', async () => {
    const rng = new Rng(2);
    for (const Cell of [LstmCell, GruCell]) {
      const cell = castParameters(new Cell({ inputSize: 3, hiddenSize: 4, rng }), 'float64');
      const xs = rng.normal([2, 16, 3], float64);
      const loss = (ys: ReturnType<typeof scan>[0]): typeof ys =>
        ys
          .slice(1, ys.shape[1]! - 5, 5)
          .square()
          .sum();
      const norms = await gradientThroughTime({ model: { cell }, loss: () => loss(scan(cell as GruCell, xs)[0]) });
      const [, state] = scan(cell as GruCell, xs.slice(1, 0, 7));
      const h = 'h' in state ? (state.h as typeof state) : state;
      const { grads } = valueAndGrad(() => loss(scan(cell as GruCell, xs.slice(1, 7, 9), { state })[0]), [h]);
      expect(norms.get('cell.h')![6]).toBeCloseTo(Math.sqrt(grads[0].square().sum().item()), 10);
    }
  });

  it('stands in reading order in both directions, and is 0 in padding', async () => {
    const rng = new Rng(3);
    const cells = () => new GruCell({ inputSize: 2, hiddenSize: 3, rng });
    const layer = new Bidirectional({ forwardCell: cells(), backwardCell: cells() });
    const xs = rng.normal([1, 12, 2]);
    const mask = tensor([[1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]]);
    const norms = await gradientThroughTime({
      model: layer,
      loss: () => layer.forward(xs, { mask })[0].slice(1, 4, 1).sum(),
      of: (name) => name.endsWith('.h'),
    });
    expect([...norms.keys()]).toEqual(['forwardCell.h', 'backwardCell.h']);
    const reached = (name: string): boolean[] => Array.from(norms.get(name)!, (norm) => norm > 0);
    expect(reached('forwardCell.h')).toEqual(Array.from({ length: 12 }, (_, t) => t <= 4));
    expect(reached('backwardCell.h')).toEqual(Array.from({ length: 12 }, (_, t) => t >= 4 && t < 9));
  });

  it('is taken of one number alone', async () => {
    const cell = new GruCell({ inputSize: 2, hiddenSize: 3, rng: new Rng(1) });
    const loss = (): ReturnType<typeof tensor> => scan(cell, tensor([[[1, 2]]]))[0];
    await expect(gradientThroughTime({ model: cell, loss })).rejects.toThrow('it must be one number');
  });
});
