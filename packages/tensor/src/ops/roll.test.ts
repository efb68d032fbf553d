import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '../create.ts';
import { roll } from './roll.ts';
import { alongAxis, toPlain, toTensor, withAxis } from './testing.ts';

describe('roll', () => {
  it('moves what is at i to i + shift, round the end', () => {
    fc.assert(
      fc.property(withAxis(), fc.integer({ min: -12, max: 12 }), ({ x, axis }, shift) => {
        const expected = alongAxis(x, axis, (row) => {
          const moved = [...row];
          for (const [i, value] of row.entries()) moved[(((i + shift) % row.length) + row.length) % row.length] = value;
          return moved;
        });
        expect(toPlain(roll(toTensor(x), shift, axis))).toEqual(expected);
      }),
    );
  });

  it('takes an empty axis, and whole shifts alone', () => {
    expect(roll(zeros([0]), 3, 0).shape).toEqual([0]);
    expect(() => roll(tensor([1]), 0.5, 0)).toThrow('roll: the shift is 0.5');
  });
});
