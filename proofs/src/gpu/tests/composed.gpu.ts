// The ops that are made of others, in loops that the GPU compiled: outputs and gradients are those of backend-cpu.
import { valueAndGrad } from '@unroll/autograd';
import type { Backend } from '@unroll/backend';
import { cpu } from '@unroll/backend-cpu';
import { scan } from '@unroll/cells';
import { ComposedCell, composedOps } from '@unroll/cells/testing';
import { Parameter, Rng, scope, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { full, missing, theBackend, title } from './setting.ts';

const skipped = missing ?? (full ? undefined : 'UNROLL_GPU_FULL=1 or pnpm proof:gpu');
const [BATCH, TIME, SIZE] = [5, 4, 6] as const;

// Angles beyond 12,288 are left to the device, which has three digits of them.
const names = Object.keys(composedOps).filter((name) => !name.includes('large angles'));

/** Outputs, and the gradients by weight and input. */
async function solve(backend: Backend, name: string): Promise<readonly (readonly number[])[]> {
  const results = withBackend(backend, () => {
    const cell = new ComposedCell(composedOps[name]!, SIZE);
    const rng = new Rng(1);
    const xs = new Parameter(rng.normal([BATCH, TIME, SIZE]));
    const weights = rng.normal([BATCH, TIME, SIZE]);
    const state = rng.normal([BATCH, SIZE]);
    const run = () => scan(cell, xs.value, { state })[0];
    return scope(() => [run(), ...valueAndGrad(() => run().mul(weights).sum(), [cell.weight, xs]).grads]);
  });
  return Promise.all(results.map(async (result) => [...(await result.data())]));
}

describe.skipIf(skipped)(
  `composed ops on ${title}${missing === undefined && skipped ? ` (skipped: ${skipped})` : ''}`,
  () => {
    it.each(names)('%s', async (name) => {
      const [actual, expected] = await Promise.all([
        theBackend().then((backend) => solve(backend, name)),
        solve(cpu(), name),
      ]);
      for (const [i, list] of expected.entries()) {
        const scale = list.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        const worst = list.reduce((most, value, j) => Math.max(most, Math.abs(value - actual[i]![j]!)), 0);
        expect(worst / scale, `result ${i}`).toBeLessThan(1e-4);
      }
    });
  },
);
