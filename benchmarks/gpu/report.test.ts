import { describe, expect, it } from 'vitest';
import type { GpuRow } from './compete.ts';
import { crossover, gpuPage, paysFrom } from './report.ts';
import { gpuWorkloads } from './workloads.ts';

const row = (impl: string, ...times: (number | undefined)[]): GpuRow => ({
  workload: 'W1-train',
  impl,
  about: `${impl} on a device`,
  first: 100,
  times,
  check: [4.17],
  sameWork: true,
  error: undefined,
});

describe('from which size on the GPU pays', () => {
  it('is the smallest size from which on it is never slower', () => {
    const points = [3, 0.9, 1.2, 0.8, 0.5].map((times, i) => ({ n: 2 ** i, times }));
    expect(paysFrom(points)).toBe('8');
    expect(paysFrom(points.slice(0, 3))).toBe('never, up to 4');
    expect(paysFrom([])).toBe('–');
  });

  it('is told for products and for training steps', () => {
    const workload = gpuWorkloads(false).find(({ name }) => name === 'W1-train')!;
    const text = crossover([{ workload, rows: [row('unroll-webgl2', 10, 20), row('unroll-wasm', 5, 10)] }]);
    expect(text).toMatch(/LSTM of n +\| unroll-webgl2 \| 128: 2\.00 +\| never, up to 128/);
  });
});

describe('the page', () => {
  it('says on what it ran, who failed, and how others compare round by round', () => {
    const workload = gpuWorkloads(false).find(({ name }) => name === 'W1-train')!;
    const failed = { ...row('jax-webgpu'), error: 'no answer in 90 s' };
    const rows = [row('tfjs-webgl', 10, 40), row('unroll-webgl2', 5, 20), failed];
    const run = { date: 'today', command: 'pnpm bench:gpu', chromium: '1', seconds: 1, hardware: false, missing: [] };
    const text = gpuPage([{ workload, rows }], run);
    expect(text).toContain('SwiftShader');
    expect(text).toContain('jax-webgpu on a device. No result: no answer in 90 s.');
    expect(text).toMatch(/unroll-webgl2 +\| +12\.5 +\| +5\.00 +\| +0\.500/);
  });
});
