import { valueAndGrad } from '@unroll/autograd';
import { checkFinite, profile } from '@unroll/backend';
import { describeBackend } from '@unroll/backend/conformance';
import { LstmCell, explainScan, scan } from '@unroll/cells';
import { type Backend, Rng, parametersOf, withBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { wasm } from './wasm.ts';

// float64 takes the same way through what wraps a backend.
const dtypes = ['float32', 'int32'] as const;

describeBackend('wasm, profiled', async () => profile(await wasm({ relaxedSimd: false })), { dtypes });
describeBackend('wasm, checked for finite numbers', async () => checkFinite(await wasm({ relaxedSimd: false })), {
  dtypes,
});

/** The loss of an LSTM on seven steps, its gradients, and how its steps are run. */
function lstm(backend: Backend): { readonly numbers: readonly number[]; readonly explanation: string } {
  return withBackend(backend, () => {
    const rng = new Rng(1);
    const cell = new LstmCell({ inputSize: 3, hiddenSize: 5, rng });
    const xs = rng.normal([2, 7, 3]);
    const { value, grads } = valueAndGrad(() => scan(cell, xs)[0].log().sum(), parametersOf(cell));
    const numbers = [value, ...grads].flatMap((each) => Array.from(each.dataSync()));
    return { numbers, explanation: explainScan(cell, { batch: 2, time: 7 }) };
  });
}

describe('a recurrent network on a backend that is wrapped', () => {
  it('gives the same bits when profiled, its steps compiled and counted as loops', async () => {
    const plain = await wasm({ relaxedSimd: false });
    const profiled = profile(plain);
    expect(lstm(profiled)).toEqual(lstm(plain));
    const rows = new Map(profiled.profile().map((row) => [row.name, row]));
    expect(rows.get('loop')).toMatchObject({ kind: 'loop', calls: 2 });
    expect(rows.get('loop')!.bytes).toBeGreaterThan(0);
    expect(rows.has('tanh'), 'ops of the steps').toBe(false);
  });

  it('runs on primitives when it is checked, says so, and fails at the op at fault', async () => {
    const checked = checkFinite(await wasm({ relaxedSimd: false }));
    const cell = withBackend(checked, () => new LstmCell({ inputSize: 3, hiddenSize: 5, rng: new Rng(1) }));
    const explanation = withBackend(checked, () => explainScan(cell, { batch: 2, time: 7 }));
    expect(explanation).toContain('not compiled (checkFinite looks at every op');
    // The logarithm of a negative output.
    expect(() => lstm(checked)).toThrow(/checkFinite: log made NaN at \[\d, \d, \d\] of its \[2, 7, 5\] float32/);
  });
});
