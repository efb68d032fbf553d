import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backend, dot, run, seed, shape, shapeWithAxis, upload, values } from './properties.ts';

describe('broadcasting', () => {
  it('equals an op on operands stretched beforehand', () => {
    const shapes = shape.chain((target) =>
      fc.record({
        target: fc.constant(target),
        ones: fc.array(fc.boolean(), { minLength: target.length, maxLength: target.length }),
        missing: fc.integer({ min: 0, max: target.length }),
      }),
    );
    fc.assert(
      fc.property(shapes, seed, ({ target, ones, missing }, s) => {
        const x = upload(target, s);
        const y = upload(target.map((side, axis) => (ones[axis] ? 1 : side)).slice(missing), s + 1);
        const [stretched] = run('broadcast', { shape: target }, y);
        for (const primitive of ['sub', 'div', 'less', 'maximum'] as const) {
          expect(values(run(primitive, {}, x, y)[0]!)).toEqual(values(run(primitive, {}, x, stretched!)[0]!));
          expect(values(run(primitive, {}, y, x)[0]!)).toEqual(values(run(primitive, {}, stretched!, x)[0]!));
        }
        const [condition] = run('less', {}, y, x);
        expect(values(run('where', {}, condition!, x, y)[0]!)).toEqual(values(run('maximum', {}, x, y)[0]!));
      }),
    );
  });

  it('is undone by a sum: ⟨broadcast x, y⟩ = ⟨x, sum y⟩', () => {
    fc.assert(
      fc.property(shapeWithAxis, seed, ({ lengths, axis }, s) => {
        const x = upload(
          lengths.map((side, i) => (i === axis ? 1 : side)),
          s,
        );
        const y = upload(lengths, s + 1);
        const [stretched] = run('broadcast', { shape: lengths }, x);
        const [total] = run('sum', { axes: [axis] }, y);
        expect(dot(stretched!, y)).toBeCloseTo(dot(x, total!), 9);
      }),
    );
  });
});

describe('int32', () => {
  it('products keep their low 32 bits', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (x, y) => {
        const [a, b] = [x, y].map((value) => backend.upload(Int32Array.of(value), { shape: [1], dtype: 'int32' }));
        expect(values(run('mul', {}, a!, b!)[0]!)[0]).toBe(Number(BigInt.asIntN(32, BigInt(x) * BigInt(y))));
      }),
    );
  });
});
