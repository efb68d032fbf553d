import { describe, expect, it } from 'vitest';
import { Pool } from './pool.ts';

describe('Pool', () => {
  it('gives the same array back for the same size', () => {
    const pool = new Pool(1e6);
    const array = pool.take('float32', 100);
    pool.give(array);
    expect(pool.bytes).toBeGreaterThanOrEqual(400);
    expect(pool.take('float32', 100)).toBe(array);
    expect(pool.bytes).toBe(0);
  });

  it('gives the same memory to another type and length of about the same size', () => {
    const pool = new Pool(1e6);
    const array = pool.take('float32', 1000);
    pool.give(array);
    const other = pool.take('float64', 499);
    expect(other.length).toBe(499);
    expect(other).toBeInstanceOf(Float64Array);
    expect(other.buffer).toBe(array.buffer);
  });

  it('never hands an array to two', () => {
    const pool = new Pool(1e6);
    const a = pool.take('float32', 100);
    pool.give(a);
    expect(pool.take('float32', 100)).not.toBe(pool.take('float32', 100));
  });

  it.each([17, 100, 1023, 1024, 1025, 99_999])('wastes at most a quarter on %i elements', (length) => {
    const { byteLength, buffer } = new Pool(0).take('float32', length);
    expect(byteLength).toBe(4 * length);
    expect(buffer.byteLength).toBeLessThanOrEqual(Math.max(1.25 * byteLength, byteLength + 64));
  });

  it('keeps no more than its limit and drops the sizes that waited longest', () => {
    const pool = new Pool(10_000);
    const old = pool.take('float32', 1000);
    const young = pool.take('float32', 2000);
    pool.give(old);
    pool.give(young);
    expect(pool.bytes).toBeLessThanOrEqual(10_000);
    expect(pool.take('float32', 1000)).not.toBe(old);
    expect(pool.take('float32', 2000)).toBe(young);
  });

  it('does not keep an array larger than its limit, nor a tiny one', () => {
    const pool = new Pool(1000);
    pool.give(pool.take('float32', 1000));
    pool.give(pool.take('float32', 3));
    expect(pool.bytes).toBe(0);
  });

  it('makes empty arrays', () => {
    expect(new Pool(0).take('int32', 0)).toEqual(new Int32Array(0));
  });
});
