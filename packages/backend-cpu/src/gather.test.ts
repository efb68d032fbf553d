import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backend, dot, run, seed, upload } from './properties.ts';

describe('gather and scatterAdd', () => {
  const lookups = fc.record({
    rows: fc.integer({ min: 1, max: 6 }),
    width: fc.nat({ max: 4 }),
    picks: fc.array(fc.nat(), { maxLength: 12 }),
  });

  it('are adjoint: ⟨gather(t, i), u⟩ = ⟨t, scatterAdd(u, i)⟩', () => {
    fc.assert(
      fc.property(lookups, seed, ({ rows, width, picks }, s) => {
        const table = upload([rows, width], s);
        const updates = upload([picks.length, width], s + 1);
        const data = Int32Array.from(picks, (pick) => pick % rows);
        const indices = backend.upload(data, { shape: [picks.length], dtype: 'int32' });
        const [gathered] = run('gather', {}, table, indices);
        const [scattered] = run('scatterAdd', { rows }, updates, indices);
        expect(dot(gathered!, updates)).toBeCloseTo(dot(table, scattered!), 9);
      }),
    );
  });

  it('name the first index that is out of range, its position and the number of rows', () => {
    const table = upload([4, 2], 0);
    const indices = backend.upload(Int32Array.of(0, 3, 4, -1), { shape: [4], dtype: 'int32' });
    expect(() => run('gather', {}, table, indices)).toThrow(
      'gather: index 4 at position 2 is out of range: there are 4 rows, 0 to 3.',
    );
    expect(() => run('scatterAdd', { rows: 3 }, table, indices)).toThrow(
      'scatterAdd: index 3 at position 1 is out of range: there are 3 rows, 0 to 2.',
    );
  });
});
