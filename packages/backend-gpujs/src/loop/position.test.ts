import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Position,
  along,
  at,
  counter,
  divided,
  flattened,
  plus,
  rangeOf,
  shifted,
  textOf,
  times,
  unflattened,
} from './position.ts';

const counters = [counter('row', 4), counter('column', 6), counter('k', 3, 1)];

/** The value of a position where its counters have these values. */
function valueOf({ start, terms }: Position, values: Readonly<Record<string, number>>): number {
  return terms.reduce((sum, { counter: of, factor }) => {
    const { division, name } = of;
    if (!division) return sum + factor * values[name]!;
    const dividend = valueOf(division.of, values);
    return sum + factor * (division.takes === 'quotient' ? Math.floor(dividend / division.by) : dividend % division.by);
  }, start);
}

const position = fc
  .record({ start: fc.nat(20), factors: fc.array(fc.nat(12), { minLength: 3, maxLength: 3 }) })
  .map(({ start, factors }) =>
    factors.reduce((sum, factor, i) => plus(sum, times(along(counters[i]!), factor)), at(start)),
  );
const values = fc.record({ row: fc.nat(3), column: fc.nat(5), k: fc.nat(2) });

describe('positions', () => {
  it('divide as integers do, whatever their counters are', () => {
    fc.assert(
      fc.property(position, values, fc.integer({ min: 1, max: 30 }), (each, of, by) => {
        const [quotient, remainder] = divided(each, by);
        expect(valueOf(quotient, of)).toBe(Math.floor(valueOf(each, of) / by));
        expect(valueOf(remainder, of)).toBe(valueOf(each, of) % by);
      }),
    );
  });

  it('lie within their range', () => {
    fc.assert(
      fc.property(position, values, fc.integer({ min: 1, max: 30 }), (each, of, by) => {
        for (const part of [each, ...divided(each, by)]) {
          const [least, most] = rangeOf(part);
          expect(valueOf(part, of)).toBeGreaterThanOrEqual(least);
          expect(valueOf(part, of)).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('count backwards', () => {
    const backwards = { start: 5, terms: [{ counter: counters[1]!, factor: -1 }] };
    const [quotient, remainder] = divided(backwards, 4);
    for (let column = 0; column < 6; column++) {
      const of = { row: 0, column, k: 0 };
      expect([valueOf(quotient, of), valueOf(remainder, of)]).toEqual([Math.floor((5 - column) / 4), (5 - column) % 4]);
    }
  });

  it('need no division where the counters tell', () => {
    const flat = flattened([along(counters[0]!), along(counters[1]!)], [4, 6]);
    expect(textOf(flat)).toBe('6*row+column');
    expect(unflattened(flat, [4, 6]).map((each) => textOf(each))).toEqual(['row', 'column']);
    expect(textOf(shifted(times(along(counters[2]!), 2), 7))).toBe('2*k+7');
  });
});
