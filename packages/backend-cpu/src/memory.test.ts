import { inferSignatures } from '@unroll/backend';
import { describe, expect, it } from 'vitest';
import { cpu } from './backend.ts';
import { Memory } from './memory.ts';

const signature = { shape: [10, 10], dtype: 'float32' } as const;

describe('Memory', () => {
  it('counts handles, live bytes and pooled bytes', () => {
    const memory = new Memory(1e6);
    const buffer = memory.make(signature);
    const second = memory.share(buffer, [100]);
    expect(memory.statistics).toEqual({ buffers: 2, liveBytes: 400, pooledBytes: 0 });
    memory.free(buffer);
    expect(memory.statistics).toEqual({ buffers: 1, liveBytes: 400, pooledBytes: 0 });
    memory.free(second);
    expect(memory.statistics).toMatchObject({ buffers: 0, liveBytes: 0 });
    expect(memory.statistics.pooledBytes).toBeGreaterThanOrEqual(400);
  });

  it('says that a buffer was freed, and how to keep one', () => {
    const memory = new Memory(0);
    const buffer = memory.make(signature);
    memory.free(buffer);
    const error = { code: 'USE_AFTER_DISPOSE' };
    expect(() => memory.read(buffer)).toThrow(expect.objectContaining(error));
    expect(() => memory.share(buffer)).toThrow(expect.objectContaining(error));
    expect(() => memory.free(buffer)).toThrow(
      'cpu: a float32 [10, 10] buffer was freed and cannot be freed again. ' +
        'Take a second handle with share(buffer) to keep its memory.',
    );
  });

  it('knows the buffers of another backend', () => {
    const buffer = cpu().upload(new Float32Array(2), { shape: [2], dtype: 'float32' });
    expect(() => cpu().downloadSync(buffer)).toThrow(
      expect.objectContaining({ code: 'BACKEND_MISMATCH', message: expect.stringContaining('float32 [2]') }),
    );
  });

  it('says what does not fit in an upload', () => {
    const memory = new Memory(0);
    expect(() => memory.upload(new Float32Array(3), signature)).toThrow(
      'upload: [10, 10] has 100 elements, the array has 3.',
    );
    expect(() => memory.upload(new Int32Array(100), signature)).toThrow(
      'upload: a int32 array does not fit float32. Convert it first.',
    );
  });
});

describe('cpu', () => {
  it('stays flat over many steps that free what they make', () => {
    const backend = cpu();
    const x = backend.upload(new Float32Array(1000).fill(1), { shape: [10, 100], dtype: 'float32' });
    const flags = { transposeA: false, transposeB: true };
    const step = (): void => {
      const [y] = backend.primitives.tanh([x], {}, inferSignatures('tanh', [x], {}));
      const [z] = backend.primitives.matmul([x, y!], flags, inferSignatures('matmul', [x, y!], flags));
      backend.free(y!);
      backend.free(z!);
    };
    step();
    const before = backend.memory();
    for (let i = 0; i < 1000; i++) step();
    expect(backend.memory()).toEqual(before);
  });

  it('shares memory where only the shape changes', () => {
    const backend = cpu();
    const x = backend.upload(new Float32Array(1000), { shape: [10, 1, 100], dtype: 'float32' });
    const { liveBytes } = backend.memory();
    const { primitives } = backend;
    primitives.reshape([x], { shape: [1000] }, [{ shape: [1000], dtype: 'float32' }]);
    primitives.broadcast([x], { shape: [1, 10, 1, 100] }, [{ shape: [1, 10, 1, 100], dtype: 'float32' }]);
    primitives.transpose([x], { order: [1, 0, 2] }, [{ shape: [1, 10, 100], dtype: 'float32' }]);
    primitives.split([x], { axis: 0, sizes: [10] }, [x]);
    expect(backend.memory()).toMatchObject({ buffers: 5, liveBytes });
  });

  it('refuses a pool of a size that is none', () => {
    expect(() => cpu({ poolBytes: -1 })).toThrow('cpu: poolBytes must be 0 or more, got -1.');
    expect(() => cpu({ poolBytes: NaN })).toThrow('cpu: poolBytes must be 0 or more, got NaN.');
  });
});
