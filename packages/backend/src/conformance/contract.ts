// oxlint-disable vitest/no-standalone-expect -- describeBackend runs these functions within tests
import { expect } from 'vitest';
import type { Backend } from '../backend.ts';
import type { Buffer, TypedArray } from '../buffer.ts';
import { UnrollError } from '../errors.ts';
import type { Primitive, PrimitiveAttrs } from '../primitives.ts';
import type { Shape } from '../shape.ts';
import { inferSignatures } from '../signatures.ts';

export type Check = (backend: Backend) => Promise<void>;

/** What a backend promises besides the values of its ops: the names of the tests, and what `skips` goes by. */
export type Property =
  | 'an upload is a copy'
  | 'a download is a copy'
  | 'a synchronous download gives the same'
  | 'an upload whose array does not fit is refused'
  | 'shared memory lives until its last handle is freed'
  | 'results outlive their inputs, and inputs their results'
  | 'freed memory is used again without touching what lives'
  | 'ops take effect in the order of their calls'
  | 'a freed buffer is refused'
  | 'an index out of range is refused';

export const contract: { readonly [P in Property]: Check } = {
  'an upload is a copy': async (backend) => {
    const data = Float32Array.of(1, 2, 3);
    const buffer = backend.upload(data, { shape: [3], dtype: 'float32' });
    data.fill(9);
    await holds(backend, buffer, [1, 2, 3]);
    backend.free(buffer);
  },

  'a download is a copy': async (backend) => {
    const buffer = row(backend, [1, 2, 3]);
    (await backend.download(buffer)).fill(9);
    await holds(backend, buffer, [1, 2, 3]);
    backend.downloadSync?.(buffer).fill(9);
    await holds(backend, buffer, [1, 2, 3]);
    backend.free(buffer);
  },

  'a synchronous download gives the same': async (backend) => {
    const buffer = row(backend, [1, 2, 3]);
    const values = backend.downloadSync?.(buffer) ?? Float32Array.of(1, 2, 3);
    expect(values).toEqual(await backend.download(buffer));
    backend.free(buffer);
  },

  'an upload whose array does not fit is refused': async (backend) => {
    const data = Float32Array.of(1, 2, 3);
    expect(() => backend.upload(data, { shape: [2, 2], dtype: 'float32' })).toThrow(UnrollError);
    expect(() => backend.upload(data, { shape: [3], dtype: 'int32' })).toThrow(UnrollError);
  },

  'shared memory lives until its last handle is freed': async (backend) => {
    const first = row(backend, [1, 2, 3]);
    const second = backend.share(first);
    expect(second).not.toBe(first);
    expect([second.shape, second.dtype]).toEqual([first.shape, first.dtype]);
    backend.free(first);
    const other = row(backend, [4, 5, 6]);
    await holds(backend, second, [1, 2, 3]);
    backend.free(second);
    backend.free(other);
  },

  'results outlive their inputs, and inputs their results': async (backend) => {
    // Calls that change nothing but the shape: a backend may let the result share the memory of its input.
    const calls: readonly ((x: Buffer) => readonly Buffer[])[] = [
      (x) => run(backend, 'reshape', { shape: [3, 2] }, x),
      (x) => run(backend, 'broadcast', { shape: [2, 3] }, x),
      (x) => run(backend, 'transpose', { order: [0, 1] }, x),
      (x) => run(backend, 'split', { axis: 0, sizes: [2] }, x),
      (x) => run(backend, 'concat', { axis: 0 }, x),
      (x) => run(backend, 'slice', { axis: 0, start: 0, size: 2 }, x),
      (x) => run(backend, 'pad', { axis: 0, before: 0, after: 0 }, x),
      (x) => run(backend, 'cast', { dtype: 'float32' }, x),
      (x) => run(backend, 'sum', { axes: [] }, x),
    ];
    const values = [1, 2, 3, 4, 5, 6];
    for (const call of calls) {
      const x = row(backend, values, [2, 3]);
      const [dropped] = call(x);
      backend.free(dropped!);
      const [kept] = call(x);
      expect(kept).not.toBe(x);
      backend.free(x);
      const other = row(backend, [9, 9, 9, 9, 9, 9]);
      await holds(backend, kept!, values);
      backend.free(kept!);
      backend.free(other);
    }
  },

  'freed memory is used again without touching what lives': async (backend) => {
    const kept: Buffer[] = [];
    for (let i = 0; i < 20; i++) {
      const x = row(
        backend,
        Array.from({ length: 40 }, () => i),
      );
      const [dropped] = run(backend, 'neg', {}, x);
      const [sum] = run(backend, 'add', {}, x, dropped!);
      const [next] = run(backend, 'sub', {}, x, sum!);
      for (const buffer of [dropped, sum, x]) backend.free(buffer!);
      kept.push(next!);
    }
    for (const [i, buffer] of kept.entries())
      await holds(
        backend,
        buffer,
        Array.from({ length: 40 }, () => i),
      );
    for (const buffer of kept) backend.free(buffer);
  },

  'ops take effect in the order of their calls': async (backend) => {
    let x = row(backend, [1, 2, 3]);
    const one = row(backend, [1]);
    const downloads: Promise<TypedArray>[] = [];
    for (let i = 0; i < 10; i++) {
      const [next] = run(backend, 'add', {}, x, one);
      downloads.push(backend.download(x));
      backend.free(x);
      x = next!;
    }
    const values = await Promise.all(downloads);
    expect(values.map((data) => data[0])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    backend.free(x);
    backend.free(one);
  },

  'a freed buffer is refused': async (backend) => {
    const buffer = row(backend, [1, 2, 3]);
    backend.free(buffer);
    await expect((async () => backend.download(buffer))()).rejects.toThrow(UnrollError);
    expect(() => run(backend, 'neg', {}, buffer)).toThrow(UnrollError);
    expect(() => backend.free(buffer)).toThrow(UnrollError);
  },

  'an index out of range is refused': async (backend) => {
    const table = row(backend, [1, 2, 3, 4], [2, 2]);
    for (const bad of [2, -1, 2 ** 30]) {
      const indices = backend.upload(Int32Array.of(0, bad), { shape: [2], dtype: 'int32' });
      const gather = (): unknown => run(backend, 'gather', {}, table, indices);
      const scatter = (): unknown => run(backend, 'scatterAdd', { rows: 2 }, table, indices);
      for (const call of [gather, scatter])
        expect(call).toThrow(expect.objectContaining({ code: 'INDEX_OUT_OF_RANGE' }));
      backend.free(indices);
    }
    backend.free(table);
  },
};

function row(backend: Backend, values: readonly number[], shape: Shape = [values.length]): Buffer {
  return backend.upload(Float32Array.from(values), { shape, dtype: 'float32' });
}

function run<P extends Primitive>(
  backend: Backend,
  primitive: P,
  attrs: PrimitiveAttrs[P],
  ...inputs: readonly Buffer[]
): readonly Buffer[] {
  return backend.primitives[primitive](inputs, attrs, inferSignatures(primitive, inputs, attrs));
}

async function holds(backend: Backend, buffer: Buffer, values: readonly number[]): Promise<void> {
  expect(Array.from(await backend.download(buffer))).toEqual(values);
}
