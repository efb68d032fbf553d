import { describe, expect, it } from 'vitest';
import { engine } from '../engine.ts';
import { detectFeatures } from '../features.ts';
import { EXACT, RELAXED } from './gemm/tile.ts';
import { elementModule, productModule } from './modules.ts';

const host = engine()!;
const { relaxedSimd } = detectFeatures(host);

describe('modules', () => {
  it.each([
    ['memory of its own', { minimum: 1, maximum: 65535 }],
    ['memory without a limit', { minimum: 1 }],
    ['shared memory', { minimum: 1, maximum: 65535, shared: true }],
  ])('are valid on %s', (_, limits) => {
    expect(host.validate(elementModule(limits))).toBe(true);
    expect(host.validate(productModule(limits, EXACT))).toBe(true);
    expect(host.validate(productModule(limits, RELAXED))).toBe(relaxedSimd);
  });

  it('are the same bytes each time', () => {
    expect(elementModule({ minimum: 1 })).toEqual(elementModule({ minimum: 1 }));
  });
});
