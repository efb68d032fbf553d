import { describe, expect, it } from 'vitest';
import { type Samples, toRows } from './row.ts';

const samples = (impl: string, cpu: readonly number[], others: Partial<Samples> = {}): Samples => ({
  impl,
  threads: 1,
  about: '',
  check: [],
  rounds: cpu.map((time) => ({ cpu: time, wall: 2 * time })),
  steps: 1,
  ...others,
});

describe('toRows', () => {
  it('compares processor times with the yardstick, and wall times for two threads', () => {
    const [yardstick, one, two] = toRows('W1', [
      samples('yardstick', [10, 20, 10]),
      samples('unroll-wasm-1', [11, 22, 11]),
      samples('unroll-wasm-2', [6, 12, 6], { threads: 2, rounds: [10, 20, 10].map((wall) => ({ wall, cpu: 99 })) }),
    ]);
    expect(yardstick).toMatchObject({ ratio: 1, cpu: 10, wall: 20, tokensPerSecond: 80_000 });
    expect(one).toMatchObject({ ratio: 1.1, reference: 'yardstick', quartiles: [11, 16.5] });
    expect(two).toMatchObject({ ratio: 0.5, quartiles: [10, 15] });
  });

  it('compares with unroll where there is no yardstick', () => {
    const rows = toRows('W1', [
      samples('yardstick', [], { error: 'absent' }),
      samples('unroll-wasm-1', [2]),
      samples('tfjs-cpu', [8]),
    ]);
    expect(rows[0]).toMatchObject({ error: 'absent', rounds: 0 });
    expect(rows[0]).not.toHaveProperty('cpu');
    expect(rows[2]).toMatchObject({ ratio: 4, reference: 'unroll-wasm-1' });
  });

  it('says whether the work was the same', () => {
    const right = [4.17503, 4.17144, 4.16786, 4.16422, 4.16048];
    const rows = toRows('W1', [
      samples('yardstick', [1], { check: right.map((loss) => loss + 4e-6) }),
      samples('unroll-wasm-1', [1], { check: right.with(4, 4.1606) }),
      samples('brain.js', [1]),
    ]);
    expect(rows.map(({ sameWork }) => sameWork)).toEqual([true, false, undefined]);
  });

  it('keeps what was measured before an error, and leaves out the rounds that were missed', () => {
    const [row] = toRows('W3', [
      samples('jax-js', [], { rounds: [{ cpu: 4, wall: 5 }, undefined], error: 'no answer' }),
    ]);
    expect(row).toMatchObject({ rounds: 1, cpu: 4, error: 'no answer', tokensPerSecond: 200_000 });
  });
});
