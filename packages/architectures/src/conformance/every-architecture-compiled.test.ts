import { valueAndGrad } from '@unroll/autograd';
import type { CompiledLoop, LoopObstacle, LoopProgram } from '@unroll/backend';
import { wasm } from '@unroll/backend-wasm';
import { type RecurrentCell } from '@unroll/cells';
import { everyCell } from '@unroll/cells/conformance';
import { Parameter, Rng, type Tensor, parametersOf, setBackend, tensorsOf, withProbes } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { everyArchitecture, lengthsMask, size } from './every-architecture.ts';

const backend = await wasm({ relaxedSimd: false });
/** Why loops were not compiled. */
const refusals: string[] = [];
let compiled = 0;
setBackend({
  ...backend,
  compileLoop: (program: LoopProgram): CompiledLoop | LoopObstacle => {
    const result = backend.compileLoop!(program);
    if (typeof result === 'function') compiled++;
    else refusals.push(result.reason);
    return result;
  },
});

const [batch, time, source] = [3, 13, 6];

describe.each(Object.entries(everyArchitecture))('%s in float32, compiled, is what it is step by step', (_, make) => {
  it.each(Object.entries(everyCell))('of %s', (name, makeCell) => {
    const rng = new Rng(1);
    const cell = (inputSize: number, hiddenSize: number): RecurrentCell => makeCell({ inputSize, hiddenSize, rng });
    const subject = make(cell);
    const xs = new Parameter(rng.normal([batch, time, size]));
    const keys = new Parameter(rng.normal([batch, source, size]));
    const masks = { mask: lengthsMask([13, 7, 1], time), sourceMask: lengthsMask([2, 6, 5], source) };
    const parameters = [...parametersOf(subject.model), xs, keys];
    const loss = (): Tensor =>
      tensorsOf(subject.run({ xs: xs.value, source: keys.value, ...masks }))
        .map((leaf, i) => leaf.mul(new Rng(i + 5).uniform(leaf.shape, { low: -1, high: 1 })).sum())
        .reduce((a, b) => a.add(b));

    [refusals.length, compiled] = [0, 0];
    const fast = valueAndGrad(loss, parameters);
    expect(refusals).toEqual([]);
    expect(compiled).toBeGreaterThan(0);
    // Whoever is watched by probes goes step by step.
    const slow = valueAndGrad(() => withProbes(() => {}, loss), parameters);
    // A norm over five features divides by what may be small, and magnifies the rounding of both roads.
    const tolerance = name.startsWith('LayerNorm') ? 1e-4 : 1e-5;
    for (const [i, value] of [fast.value, ...fast.grads].entries()) {
      const expected = [slow.value, ...slow.grads][i]!;
      const scale = Math.max(1, expected.abs().max().item());
      expect(value.sub(expected).abs().max().item() / scale, i === 0 ? 'loss' : `gradient ${i - 1}`).toBeLessThan(
        tolerance,
      );
    }
  });
});
