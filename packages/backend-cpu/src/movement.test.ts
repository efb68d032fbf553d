import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dot, run, seed, shapeWithAxis, upload, values } from './properties.ts';

describe('movement', () => {
  it('concat undoes split', () => {
    fc.assert(
      fc.property(shapeWithAxis, fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 4 }), seed, (at, sizes, s) => {
        const total = sizes.reduce((a, b) => a + b, 0);
        const x = upload(
          at.lengths.map((side, axis) => (axis === at.axis ? total : side)),
          s,
        );
        const pieces = run('split', { axis: at.axis, sizes }, x);
        expect(values(run('concat', { axis: at.axis }, ...pieces)[0]!)).toEqual(values(x));
      }),
    );
  });

  it('slice undoes pad, and is its adjoint', () => {
    fc.assert(
      fc.property(
        shapeWithAxis,
        fc.nat({ max: 3 }),
        fc.nat({ max: 3 }),
        seed,
        ({ lengths, axis }, before, after, s) => {
          const x = upload(lengths, s);
          const [padded] = run('pad', { axis, before, after }, x);
          const cut = { axis, start: before, size: lengths[axis]! };
          expect(values(run('slice', cut, padded!)[0]!)).toEqual(values(x));
          const y = upload(padded!.shape, s + 1);
          expect(dot(padded!, y)).toBeCloseTo(dot(x, run('slice', cut, y)[0]!), 9);
        },
      ),
    );
  });

  it('reverse undoes itself', () => {
    fc.assert(
      fc.property(shapeWithAxis, seed, ({ lengths, axis }, s) => {
        const x = upload(lengths, s);
        const [reversed] = run('reverse', { axis }, x);
        expect(values(run('reverse', { axis }, reversed!)[0]!)).toEqual(values(x));
      }),
    );
  });

  it('transpose is undone by the inverse order', () => {
    const permuted = fc.array(fc.integer({ min: 1, max: 19 }), { maxLength: 4 }).chain((lengths) =>
      fc.record({
        lengths: fc.constant(lengths),
        order: fc.shuffledSubarray([...lengths.keys()], { minLength: lengths.length }),
      }),
    );
    fc.assert(
      fc.property(permuted, seed, ({ lengths, order }, s) => {
        const x = upload(lengths, s);
        const [moved] = run('transpose', { order }, x);
        const inverse = order.map((_, axis) => order.indexOf(axis));
        expect(values(run('transpose', { order: inverse }, moved!)[0]!)).toEqual(values(x));
      }),
    );
  });
});
