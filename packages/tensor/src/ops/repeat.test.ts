import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor } from '../create.ts';
import { repeat, tile } from './repeat.ts';
import { alongAxis, toPlain, toTensor, withAxis } from './testing.ts';

describe('repeat and tile', () => {
  it('repeat each element, or all of them, along any axis', () => {
    fc.assert(
      fc.property(withAxis(), fc.integer({ min: 1, max: 4 }), ({ x, axis }, times) => {
        const each = alongAxis(x, axis, (row) => row.flatMap((value) => Array.from({ length: times }, () => value)));
        const all = alongAxis(x, axis, (row) => Array.from({ length: times }, () => row).flat());
        expect(toPlain(repeat(toTensor(x), times, axis))).toEqual(each);
        expect(toPlain(tile(toTensor(x), times, axis))).toEqual(all);
      }),
    );
  });

  it('no times leaves nothing; half a time is refused', () => {
    expect(repeat(tensor([[1, 2]]), 0, 1).shape).toEqual([1, 0]);
    expect(() => tile(tensor([1]), 0.5, 0)).toThrow('tile: times is 0.5');
    expect(() => repeat(tensor([1]), 2, 1)).toThrow('repeat: there is no axis 1');
  });
});
