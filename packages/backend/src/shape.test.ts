import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnrollError } from './errors.ts';
import { broadcastShapes, formatShape, sameShape, sizeOf, withAxis } from './shape.ts';

describe('sizeOf', () => {
  it('is 1 for a scalar and 0 where an axis is empty', () => {
    expect([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0, 3])]).toEqual([1, 6, 0]);
  });
});

describe('formatShape', () => {
  it('writes shapes as people do', () => {
    expect([formatShape([]), formatShape([32, 64])]).toEqual(['[]', '[32, 64]']);
  });
});

describe('withAxis', () => {
  it('replaces one length and leaves its argument alone', () => {
    const shape = [2, 3, 4];
    expect(withAxis(shape, 1, 7)).toEqual([2, 7, 4]);
    expect(shape).toEqual([2, 3, 4]);
  });
});

describe('broadcastShapes', () => {
  it.each([
    [[[3], [3]], [3]],
    [[[], [3]], [3]],
    [
      [
        [2, 1],
        [1, 3],
      ],
      [2, 3],
    ],
    [
      [[4, 1, 3], [2, 1], [1]],
      [4, 2, 3],
    ],
    [[[1], [0]], [0]],
    [[[], []], []],
  ])('%j gives %j', (shapes, expected) => {
    expect(broadcastShapes('add', shapes)).toEqual(expected);
  });

  it('names the op, the shapes, the axis counted from the end, and a remedy', () => {
    expect(() => broadcastShapes('add', [[2, 3], [4]])).toThrow(
      new UnrollError(
        'SHAPE_MISMATCH',
        'add: shapes [2, 3], [4] do not broadcast: axis -1 has lengths 3 and 4. ' +
          'Lengths must be equal or 1; reshape one operand so that the axes line up from the right.',
      ),
    );
  });

  it('does not stretch to an empty axis from more than one element', () => {
    expect(() => broadcastShapes('add', [[2], [0]])).toThrow('axis -1 has lengths 2 and 0');
  });

  const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });

  it('does not depend on the order of its shapes', () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const attempt = (...all: number[][]): string => {
          try {
            return formatShape(broadcastShapes('add', all));
          } catch {
            return 'refused';
          }
        };
        expect(attempt(a, b)).toBe(attempt(b, a));
      }),
    );
  });

  it('keeps a shape that meets its own axes shortened to 1', () => {
    fc.assert(
      fc.property(shapes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (shape, short) => {
        const other = shape.map((length, axis) => (short[axis] ? 1 : length));
        expect(sameShape(broadcastShapes('add', [shape, other]), shape)).toBe(true);
      }),
    );
  });
});
