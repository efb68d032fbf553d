import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helpersFor, layoutOf, withPlace } from './kernel-source.ts';

/** Runs a kernel's text, as GPU.js would, for one thread. */
function placeOf(text: string, thread: { readonly x: number; readonly y: number }): readonly number[] {
  const helpers = helpersFor(text)
    .map(({ source }) => source)
    .join('\n');
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- this is what GPU.js does with the text
  return new Function('thread', `${helpers}; return (${text}).call({ thread });`)(thread) as readonly number[];
}

const kernel = 'function(){return [column,row,index];}';

describe('layout', () => {
  it('gives every element of any output one thread, at its place, in memory in the order of its rows', () => {
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 40 }),
      rows: fc.integer({ min: 1, max: 40 }),
      limit: fc.integer({ min: 40, max: 45 }),
      squares: fc.boolean(),
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 12 }), ({ width, rows, limit, squares }, shrink) => {
        // Also limits that the output does not fit in as it is.
        const layout = layoutOf(width, rows, Math.ceil(limit / shrink), squares);
        fc.pre(layout !== undefined);
        const text = withPlace(kernel, layout);
        expect(layout.width * layout.rows).toBeGreaterThanOrEqual(width * rows);
        for (let index = 0; index < width * rows; index++) {
          const [x, y] = [index % layout.width, Math.floor(index / layout.width)];
          expect(placeOf(text, { x, y })).toEqual([index % width, Math.floor(index / width), index]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps to the limit of a side, or says that nothing fits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 64 }).map((n) => 16 * n),
        (width, rows, limit) => {
          const layout = layoutOf(width, rows, limit, false);
          if (layout) expect(Math.max(layout.width, layout.rows)).toBeLessThanOrEqual(limit);
          else expect(width * rows).toBeGreaterThan(limit * limit);
        },
      ),
    );
  });
});

describe('quotient and remainder', () => {
  /** The quotient on a device whose division is a few units in the last place of float32 off. */
  const onDevice = (i: number, n: number, off: number): number => {
    const [quotient] = helpersFor('quotient(').map(({ source }) => source);
    const rough = quotient!.replace(/Math\.floor\(\((\w)\+0\.5\)\/n\)/g, 'Math.floor(divide($1+0.5,n))');
    expect(rough).not.toBe(quotient);
    const divide = (a: number, b: number): number =>
      Math.fround(Math.fround(Math.fround(a) / b) * (1 + off * 2 ** -24));
    // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- this is what GPU.js does with the text
    return new Function('i', 'n', 'divide', `${rough};return quotient(i,n);`)(i, n, divide) as number;
  };

  it('are exact where floats are not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 24 }), fc.integer({ min: 1, max: 2 ** 20 }), (i, n) => {
        for (const off of [-5, -2, 0, 2, 5]) expect(onDevice(i, n, off)).toBe(Math.floor(i / n));
      }),
      { numRuns: 1000 },
    );
  });
});
