// Forwards and backwards through time, held to float64 on the CPU.
import { cpu } from '@unroll/backend-cpu';
import { describe, expect, it } from 'vitest';
import { type Computed, compute, errorOf, networks } from './models.ts';
import { full, missing, mode, theBackend, title } from './setting.ts';

/** The others are made of the same ops. */
const few = ['GRU', 'bidirectional LSTM', 'LSTM with attention'];
const tested = Object.entries(networks).filter(([name]) => full || few.includes(name));
const figures: Record<string, { values: number; gradients: number }> = {};

describe.skipIf(missing)(`networks on ${title}`, () => {
  it.each(tested)('%s: values within 1e-5, gradients within 1e-4 of float64', async (name, make) => {
    const worst = { values: 0, gradients: 0 };
    figures[name] = worst;
    const exact: Computed = await compute(make, cpu(), 'float64');
    const actual: Computed = await compute(make, await theBackend(), 'float32');
    for (const [i, leaf] of exact.values.entries()) {
      const error = errorOf(actual.values[i]!, leaf);
      worst.values = Math.max(worst.values, error);
      expect(error, `${name}: output or state ${i}`).toBeLessThan(1e-5);
    }
    for (const [i, leaf] of exact.gradients.entries()) {
      const error = errorOf(actual.gradients[i]!, leaf);
      worst.gradients = Math.max(worst.gradients, error);
      expect(error, `${name}: gradient of ${exact.names[i]}`).toBeLessThan(1e-4);
    }
  });

  it('are told, with their errors', ({ task }) => {
    expect(Object.keys(figures)).toEqual(tested.map(([name]) => name));
    task.meta.gpu = { what: 'figures', mode, figures: { networks: figures } };
  });
});
