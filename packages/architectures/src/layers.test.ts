import { gradientCheck } from '@unroll/autograd';
import { GruCell, LstmCell, type RecurrentCell, VanillaCell } from '@unroll/cells';
import { Rng, type Tensor, castParameters, concat, parametersOf, tensor, tensorsOf, where } from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bidirectional } from './bidirectional.ts';
import { averageMerge, concatMerge, productMerge, sumMerge } from './merge.ts';
import type { SequenceLayer } from './sequence-layer.ts';
import { Stacked } from './stacked.ts';
import { Unidirectional } from './unidirectional.ts';

const merges = [concatMerge, sumMerge, averageMerge, productMerge];
const double = { dtype: 'float64' } as const;

/** A tower of random height, kinds, directions and merges on `inputSize` features. */
function randomTower(rng: Rng, inputSize: number): Stacked {
  let features = inputSize;
  const layers = Array.from({ length: 1 + rng.integer(3) }, (): SequenceLayer => {
    const hiddenSize = 1 + rng.integer(3);
    const kinds = [VanillaCell, LstmCell, GruCell] as const;
    const cell = (): RecurrentCell => new kinds[rng.integer(3)]!({ inputSize: features, hiddenSize, rng });
    const layer: SequenceLayer =
      rng.next() < 0.5
        ? new Unidirectional({ cell: cell() })
        : new Bidirectional({ forwardCell: cell(), backwardCell: cell(), merge: merges[rng.integer(4)]! });
    features = layer.outputSize;
    return layer;
  });
  return castParameters(new Stacked({ layers, dropout: 0.5 }), 'float64');
}

function expectNear(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const want = expected.dataSync();
  for (const [i, x] of actual.dataSync().entries()) expect(Math.abs(x - want[i]!)).toBeLessThan(1e-12);
}

const lengthsMask = (lengths: readonly number[], time: number): Tensor =>
  tensor(lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))));

describe('any tower of layers', () => {
  it('gives a padded batch what its sequences give alone: outputs and final states, right over true lengths', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        (seed, lengths) => {
          const rng = new Rng(seed);
          const tower = randomTower(rng, 2);
          const time = Math.max(...lengths);
          const xs = rng.normal([lengths.length, time, 2], double);
          const mask = lengthsMask(lengths, time);
          const [ys, finals] = tower.forward(where(mask.expandDims(2), xs, NaN), { mask });
          const leaves = tensorsOf(finals);
          for (const [i, length] of lengths.entries()) {
            const [alone, finalsAlone] = tower.forward(xs.slice(0, i, 1).slice(1, 0, length));
            expectNear(ys.slice(0, i, 1), alone.pad(1, 0, time - length));
            for (const [j, leaf] of tensorsOf(finalsAlone).entries()) expectNear(leaves[j]!.slice(0, i, 1), leaf);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has derivatives that equal central differences, with padding', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const rng = new Rng(seed);
        const tower = randomTower(rng, 2);
        const xs = rng.normal([2, 3, 2], double);
        const mask = lengthsMask([3, 1], 3);
        const loss = (): Tensor => {
          const [ys, finals] = tower.forward(where(mask.expandDims(2), xs, NaN), { mask });
          return [ys, ...tensorsOf(finals)]
            .map((x, i) =>
              x
                .mul(i + 1)
                .square()
                .sum(),
            )
            .reduce((a, b) => a.add(b));
        };
        expect(gradientCheck(loss, parametersOf(tower))).toBeLessThan(1e-6);
      }),
      { numRuns: 8 },
    );
  });
});

describe('Bidirectional', () => {
  const rng = new Rng(3);
  const cell = (hiddenSize = 2): GruCell => new GruCell({ inputSize: 2, hiddenSize, rng });

  it('joins forward and backward by the merge', () => {
    const [forwardCell, backwardCell] = [cell(), cell()];
    const xs = rng.normal([2, 3, 2]);
    const left = new Unidirectional({ cell: forwardCell }).forward(xs)[0];
    const right = new Unidirectional({ cell: backwardCell }).forward(xs.reverse(1))[0].reverse(1);
    const merged = (merge = concatMerge): Tensor =>
      new Bidirectional({ forwardCell, backwardCell, merge }).forward(xs)[0];
    expectNear(merged(), concat([left, right], 2));
    expectNear(merged(sumMerge), left.add(right));
    expectNear(merged(averageMerge), left.add(right).div(2));
    expectNear(merged(productMerge), left.mul(right));
  });

  it('refuses one cell for both directions, and cells that do not fit', () => {
    const one = cell();
    expect(() => new Bidirectional({ forwardCell: one, backwardCell: one })).toThrow(
      'both directions are the same cell',
    );
    expect(() => new Bidirectional({ forwardCell: one, backwardCell: cell(3), merge: sumMerge })).toThrow(
      'needs equal output sizes, got 2 and 3',
    );
    expect(new Bidirectional({ forwardCell: one, backwardCell: cell(3) }).outputSize).toBe(5);
    const other = new GruCell({ inputSize: 3, hiddenSize: 2, rng });
    expect(() => new Bidirectional({ forwardCell: one, backwardCell: other })).toThrow('they read the same sequence');
  });
});

describe('Stacked', () => {
  const rng = new Rng(4);
  const layer = (inputSize: number): Unidirectional<Tensor> =>
    new Unidirectional({ cell: new GruCell({ inputSize, hiddenSize: 3, rng }) });

  it('drops out between layers only, and only with an rng', () => {
    const xs = rng.normal([2, 3, 2]);
    const tower = new Stacked({ layers: [layer(2), layer(3)], dropout: 0.5 });
    const [plain] = tower.forward(xs);
    expectNear(tower.forward(xs)[0], plain);
    const noisy = (seed: number): Tensor => tower.forward(xs, { rng: new Rng(seed) })[0];
    expectNear(noisy(1), noisy(1));
    expect([...noisy(1).dataSync()]).not.toEqual([...plain.dataSync()]);
    const single = new Stacked({ layers: [layer(2)], dropout: 0.9 });
    expectNear(single.forward(xs, { rng: new Rng(1) })[0], single.forward(xs)[0]);
  });

  it('refuses layers that do not fit, none, and states of another height', () => {
    expect(() => new Stacked({ layers: [layer(2), layer(2)] })).toThrow('layer 0 gives 3 features, layer 1 wants 2');
    expect(() => new Stacked({ layers: [] })).toThrow('at least one layer');
    // @ts-expect-error the types know how many there are
    expect(() => new Stacked({ layers: [layer(2)] }).forward(rng.normal([1, 1, 2]), { state: [] })).toThrow(
      '0 states for 1 layers',
    );
  });
});
