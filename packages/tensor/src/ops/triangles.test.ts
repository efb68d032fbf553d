import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../create.ts';
import { arrays, toPlain, toTensor } from './testing.ts';
import { tril, triu } from './triangles.ts';

describe('tril and triu', () => {
  it('keep what is on one side of a diagonal, which belongs to both', () => {
    fc.assert(
      fc.property(arrays(undefined, 2), fc.integer({ min: -5, max: 5 }), (x, diagonal) => {
        const [rows, columns] = x.shape.slice(-2) as [number, number];
        const kept = (f: (row: number, column: number) => boolean) => ({
          ...x,
          data: x.data.map((value, i) => (f(Math.floor(i / columns) % rows, i % columns) ? value : 0)),
        });
        expect(toPlain(tril(toTensor(x), { diagonal }))).toEqual(kept((row, column) => column - row <= diagonal));
        expect(toPlain(triu(toTensor(x), { diagonal }))).toEqual(kept((row, column) => column - row >= diagonal));
      }),
    );
  });

  it('give exactly 0 in place of NaN, and want matrices', () => {
    expect(
      toPlain(
        tril(
          tensor([
            [1, NaN],
            [2, 3],
          ]),
        ),
      ).data,
    ).toEqual([1, 0, 2, 3]);
    expect(() => triu(tensor([1, 2]))).toThrow('triu: [2] has no matrices');
  });
});
