import { valueAndGrad } from '@unroll/autograd';
import type { CompiledLoop, LoopObstacle, LoopProgram } from '@unroll/backend';
import { type RecurrentCell, scan } from '@unroll/cells';
import { everyCell, everyWrapper } from '@unroll/cells/conformance';
import { Parameter, Rng, type Tensor, parametersOf, setBackend, tensor, tensorsOf, withProbes } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { wasm } from '../wasm.ts';

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

const [batch, time, size] = [3, 13, 5];
const mask = tensor([13, 7, 1].map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))));

/** The cell's steps are compiled; outputs, final state and all gradients are those of its steps one by one. */
function expectCompiled(make: () => RecurrentCell): void {
  const cell = make();
  const xs = new Parameter(new Rng(3).normal([batch, time, cell.inputSize]));
  const parameters = [...parametersOf(cell), xs];
  const loss = (watched: boolean): Tensor => {
    const run = (): Tensor => {
      const [ys, final] = scan(cell, xs.value, { mask, rng: new Rng(4) });
      return [ys, ...tensorsOf(final)]
        .map((value, i) => value.mul(new Rng(i + 5).uniform(value.shape, { low: -1, high: 1 })).sum())
        .reduce((a, b) => a.add(b));
    };
    // Whoever is watched by probes goes step by step.
    return watched ? withProbes(() => {}, run) : run();
  };
  [refusals.length, compiled] = [0, 0];
  const fast = valueAndGrad(() => loss(false), parameters);
  expect(refusals).toEqual([]);
  expect(compiled).toBeGreaterThan(0);
  const slow = valueAndGrad(() => loss(true), parameters);
  for (const [i, value] of [fast.value, ...fast.grads].entries()) {
    const expected = i === 0 ? slow.value : slow.grads[i - 1]!;
    const scale = Math.max(1, expected.abs().max().item());
    expect(value.sub(expected).abs().max().item() / scale, `gradient ${i - 1}`).toBeLessThan(2e-5);
  }
}

describe.each(Object.entries(everyCell))('%s in float32, compiled, is what it is step by step', (_, make) => {
  const square = (): RecurrentCell => make({ inputSize: size, hiddenSize: size, rng: new Rng(1) });

  it('bare', () => expectCompiled(square));

  it.each(Object.entries(everyWrapper))('in %s', (__, wrap) => {
    expectCompiled(() => wrap(square(), new Rng(2)));
  });
});
