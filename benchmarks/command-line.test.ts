import { describe, expect, it } from 'vitest';
import { PARTS, toRequest } from './command-line.ts';
import { IMPLEMENTATIONS } from './implementations.ts';

describe('toRequest', () => {
  it('measures everything and writes the page when nothing is said', () => {
    const { only, impl, json, page, steps } = toRequest({});
    expect([...only]).toEqual(PARTS);
    expect([...impl]).toEqual(IMPLEMENTATIONS.map(({ name }) => name));
    expect({ json, steps }).toEqual({ json: false, steps: undefined });
    expect(page).toMatch(/docs.benchmarks\.md$/);
  });

  it('narrows, and does not overwrite the page with a part of it', () => {
    const { only, impl, page, rounds, steps } = toRequest({
      only: 'W1, W3',
      impl: 'unroll-wasm-1,yardstick',
      rounds: '3',
      steps: '2',
    });
    expect([...only]).toEqual(['W1', 'W3']);
    expect([...impl]).toEqual(['unroll-wasm-1', 'yardstick']);
    expect({ page, rounds, steps }).toEqual({ page: undefined, rounds: 3, steps: 2 });
    expect(toRequest({ json: true }).page).toBeUndefined();
    expect(toRequest({ only: 'W1', page: 'here.md' }).page).toBe('here.md');
  });

  it('names what it does not know, and what it does', () => {
    expect(() => toRequest({ only: 'W1,W9' })).toThrow('--only: W9 is unknown. Choose from W1, W2');
    expect(() => toRequest({ impl: 'unroll' })).toThrow('--impl: unroll is unknown. Choose from yardstick');
    expect(() => toRequest({ rounds: '0' })).toThrow('--rounds is 0');
    expect(() => toRequest({ steps: 'many' })).toThrow('--steps is many');
    expect(() => toRequest({ _: ['W1'] })).toThrow('W1 is unknown');
    const mistyped: object = { roundz: '3' };
    expect(() => toRequest(mistyped)).toThrow('--roundz is unknown');
  });
});

describe('implementations', () => {
  it('are installed in exact versions', () => {
    for (const { packages } of IMPLEMENTATIONS) {
      for (const version of Object.values(packages)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});
