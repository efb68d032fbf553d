import { LstmCell, StackedCells, VanillaCell } from '@unroll/cells';
import { describeCell } from '@unroll/cells/conformance';
import { describeBackend } from '@unroll/backend/conformance';
import { valueAndGrad } from '@unroll/autograd';
import { Linear, crossEntropy } from '@unroll/layers';
import { Rng, type Tensor, parametersOf, scope, setBackend, tensor } from '@unroll/tensor';
import { scan } from '@unroll/cells';
import { describe, expect, it } from 'vitest';
import type { WasmBackend } from '../backend.ts';
import { Memory } from '../memory/memory.ts';
import { backendOn, host } from './testing/parts.ts';
import { lateThreads } from './testing/late-threads.ts';
import { oneThread } from './threads.ts';

/** The parts of a job that is posted have run when somebody could see that they have not. */
function late(parts: number): WasmBackend {
  const memory = new Memory(host, 2 ** 32);
  return backendOn(lateThreads(memory, parts), memory);
}

describeBackend('wasm whose jobs are done late', () => late(2));

setBackend(late(3));
const sizes = { inputSize: 3, hiddenSize: 5 };
describeCell('VanillaCell on wasm whose jobs are done late', () => new VanillaCell({ ...sizes, rng: new Rng(1) }));
describeCell('StackedCells on wasm whose jobs are done late', () => {
  const rng = new Rng(2);
  const cells = [
    new LstmCell({ inputSize: 2, hiddenSize: 3, rng }),
    new VanillaCell({ inputSize: 3, hiddenSize: 2, rng }),
  ];
  return new StackedCells({ cells });
});

describe('jobs that are done late', () => {
  it('give the same bits over steps of training, in which memory is freed and used again', () => {
    const losses = (backend: WasmBackend): readonly number[] => {
      setBackend(backend);
      const rng = new Rng(7);
      const model = {
        cell: new LstmCell({ inputSize: 8, hiddenSize: 12, rng }),
        output: new Linear({ inputSize: 12, outputSize: 8, rng }),
      };
      const parameters = parametersOf(model);
      const xs = rng.normal([6, 9, 8]);
      const targets = tensor(
        Int32Array.from({ length: 54 }, (_, i) => (i * 5) % 8),
        { shape: [6, 9] },
      );
      const loss = (): Tensor => crossEntropy(model.output.forward(scan(model.cell, xs)[0]), targets);
      return Array.from({ length: 20 }, () =>
        scope(() => {
          const { value, grads } = valueAndGrad(loss, parameters);
          for (const [i, parameter] of parameters.entries()) parameter.value = parameter.value.sub(grads[i]!.mul(0.1));
          return value.item();
        }),
      );
    };
    const expected = losses(backendOn(oneThread(3, 0)));
    expect(losses(late(3))).toEqual(expected);
    expect(expected.at(-1)).toBeLessThan(expected[0]!);
  });
});
