import { describe, expect, it } from 'vitest';
import { page, picture, threadsTable } from './page.ts';
import type { Row } from './row.ts';

const row = (others: Partial<Row>): Row => ({
  workload: 'W1',
  impl: 'yardstick',
  threads: 1,
  about: 'hand-written',
  wall: 20,
  cpu: 19.5,
  quartiles: [19, 20],
  tokensPerSecond: 80_000,
  ratio: 1,
  reference: 'yardstick',
  rounds: 7,
  steps: 5,
  check: [],
  sameWork: true,
  ...others,
});
const failed: Row = {
  workload: 'W1',
  impl: 'tfjs-wasm',
  threads: 1,
  about: '',
  rounds: 0,
  steps: 5,
  check: [],
  error: 'a kernel is missing',
};
const run = { date: '2026-11-21', node: '24.0.0', command: 'pnpm bench', seconds: 61.4, missing: [] };

describe('page', () => {
  it('lists those that failed with their error', () => {
    const text = page([row({}), failed], [], run);
    expect(text).toContain('- tfjs-wasm: No result: a kernel is missing.');
    expect(text).toMatch(/\| tfjs-wasm +\| +– \|/);
  });

  it('says when, where and how', () => {
    const text = page([row({})], [], { ...run, missing: ['W4'] });
    expect(text).toMatch(/2026-11-21; .*Node 24\.0\.0; 61 s\. Again: `pnpm bench`/);
    expect(text).toContain('stopped early; missing: W4');
  });

  it('does not hide other work', () => {
    expect(page([row({ impl: 'jax-js', sameWork: false })], [], run)).toMatch(/\| jax-js .*\| NO /);
  });

  it('shows measurements as tables', () => {
    const measurement = { heading: 'Length', text: 'By steps.', header: ['steps', 'ms'], rows: [['50', '24']] };
    expect(page([], [measurement], run)).toContain(
      '## Length\n\nBy steps.\n\n| steps |  ms |\n| ----- | --: |\n| 50    |  24 |',
    );
  });
});

describe('threadsTable', () => {
  it('compares wall times', () => {
    const rows = [row({ impl: 'unroll-wasm-1', wall: 20 }), row({ impl: 'unroll-wasm-2', threads: 2, wall: 10.5 })];
    expect(threadsTable(rows)).toMatch(/unroll-wasm \| W1 +\| +20\.0 \| +10\.5 \| +1\.90 \|/);
    expect(threadsTable([row({})])).toBe('');
  });
});

describe('picture', () => {
  it('puts a time further right than a shorter one, and says where there is none', () => {
    const svg = picture([row({}), row({ impl: 'unroll-cpu', cpu: 160 }), failed]);
    const [short, long] = Array.from(svg.matchAll(/<circle cx="([\d.]+)"/g), (match) => Number(match[1]));
    expect(long).toBeGreaterThan(short!);
    expect(svg).toContain('no result');
  });
});
