import { describe, expect, it } from 'vitest';
import type { Backend } from './backend.ts';
import { naiveBackend } from './conformance/naive-backend.ts';
import { UnrollError } from './errors.ts';
import { type PartialBackend, fillFrom } from './fill-from.ts';
import { primitiveNames } from './signatures.ts';

/** A backend with its own `neg` and `reshape`, and no others. */
function partial(backend: Backend): PartialBackend {
  const { neg, reshape } = backend.primitives;
  return { ...backend, name: 'mine', primitives: { neg, reshape } };
}

const row = { shape: [3], dtype: 'float32' } as const;

describe('a backend that is filled from another', () => {
  it('runs its own primitives itself, and borrows the others', () => {
    const own = naiveBackend();
    const lender = naiveBackend();
    const backend = fillFrom(partial(own), lender);
    expect(backend.primitives.neg).toBe(own.primitives.neg);

    const x = backend.upload(Float32Array.of(1, 2, 3), row);
    const [minus] = backend.primitives.neg([x], {}, [row]);
    const [sum] = backend.primitives.add([x, minus!], {}, [row]);
    expect(backend.downloadSync!(sum!)).toEqual(Float32Array.of(0, 0, 0));
    expect(lender.live(), 'handles left on the lender').toBe(0);
    for (const buffer of [x, minus!, sum!]) backend.free(buffer);
    expect(own.live()).toBe(0);
  });

  it('says what it borrows: in its name, as a list, in words', () => {
    const backend = fillFrom(partial(naiveBackend()), naiveBackend());
    expect(backend.name).toBe('mine+naive');
    expect([...backend.borrowed.keys()]).toEqual(primitiveNames.filter((each) => each !== 'neg' && each !== 'reshape'));
    const x = backend.upload(Float32Array.of(1, 2, 3), row);
    backend.primitives.add([x, x], {}, [row]);
    expect(backend.borrowed.get('add')).toEqual({ calls: 1, bytes: 36 });
    expect(backend.explain()).toContain('mine borrows 31 of 33 primitives from naive');
    expect(backend.explain()).toContain('add: 1 calls, 36 bytes copied');
    expect(backend.explain()).toContain('exp: not called');
  });

  it('leaves nothing behind where a borrowed op fails', () => {
    const own = naiveBackend();
    const lender = naiveBackend();
    const backend = fillFrom(partial(own), lender);
    const table = backend.upload(Float32Array.of(1, 2, 3), row);
    const indices = backend.upload(Int32Array.of(7), { shape: [1], dtype: 'int32' });
    const call = (): unknown => backend.primitives.gather([table, indices], {}, [{ shape: [1], dtype: 'float32' }]);
    expect(call).toThrow(expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }));
    expect([own.live(), lender.live()]).toEqual([2, 0]);
  });

  it('is what it was where nothing is missing, synchronous or not', () => {
    const own = naiveBackend({ synchronous: false });
    const backend = fillFrom(own, naiveBackend());
    expect(backend.name).toBe('naive');
    expect(backend.borrowed.size).toBe(0);
    expect(backend.primitives).toEqual(own.primitives);
    expect(backend).not.toHaveProperty('downloadSync');
    expect(backend.explain()).toBe('naive has all 33 primitives and borrows none.');
  });

  it('has fused and compileLoop where its own part has', () => {
    const obstacle = { reason: 'no' };
    const without = fillFrom(partial(naiveBackend()), { ...naiveBackend(), fused: {}, compileLoop: () => obstacle });
    expect(without).not.toHaveProperty('fused');
    expect(without).not.toHaveProperty('compileLoop');
    const fused = {};
    const own = { ...partial(naiveBackend()), fused, compileLoop: () => obstacle };
    const backend = fillFrom(own, naiveBackend());
    expect(backend.fused).toBe(fused);
    expect(backend).toHaveProperty('compileLoop');
  });

  it('names what is needed where one of the two cannot be read at once', () => {
    const waiting = naiveBackend({ synchronous: false });
    const mine = { ...waiting, name: 'slow', primitives: partial(waiting).primitives };
    expect(() => fillFrom(mine, naiveBackend())).toThrow(UnrollError);
    expect(() => fillFrom(mine, naiveBackend())).toThrow(/slow has no downloadSync.*exp, log/);
    expect(() => fillFrom(partial(naiveBackend()), waiting)).toThrow(/naive has no downloadSync/);
  });
});
