import type { CompiledLoop, LoopObstacle, LoopProgram } from '@unroll/backend';
import { wasm } from '@unroll/backend-wasm';
import { everyCell } from '@unroll/cells/conformance';
import { Rng, setBackend } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { expectCompiledAsSteps } from './check.ts';
import { everyArchitecture } from './every-architecture.ts';
import { everyWrappedArchitecture } from './every-wrapped-architecture.ts';

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

describe.each(Object.entries({ ...everyArchitecture, ...everyWrappedArchitecture }))(
  '%s in float32, compiled, is what it is step by step',
  (_, make) => {
    it.each(Object.entries(everyCell))('of %s', (__, makeCell) => {
      const rng = new Rng(1);
      const subject = make((inputSize, hiddenSize) => makeCell({ inputSize, hiddenSize, rng }));
      [refusals.length, compiled] = [0, 0];
      expectCompiledAsSteps(subject);
      // Where rounding is magnified, float64 is asked for the truth, and float64 is not compiled.
      expect(refusals.filter((reason) => !reason.includes('float64'))).toEqual([]);
      expect(compiled).toBeGreaterThan(0);
    });
  },
);
