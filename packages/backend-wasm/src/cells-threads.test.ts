import { GruCell, LstmCell, StackedCells, VanillaCell } from '@unroll/cells';
import { describeCell } from '@unroll/cells/conformance';
import { Rng, setBackend } from '@unroll/tensor';
import { engine } from './engine.ts';
import { wasmOn } from './wasm.ts';

setBackend(await wasmOn(engine(), { relaxedSimd: false, threads: 2, leastWork: 0 }));

const sizes = { inputSize: 3, hiddenSize: 5 };

describeCell('VanillaCell on wasm with 2 threads', () => new VanillaCell({ ...sizes, rng: new Rng(1) }));
describeCell('LstmCell on wasm with 2 threads', () => new LstmCell({ ...sizes, rng: new Rng(2) }));
describeCell('GruCell on wasm with 2 threads', () => new GruCell({ ...sizes, rng: new Rng(3) }));
describeCell('StackedCells on wasm with 2 threads', () => {
  const rng = new Rng(4);
  const cells = [new LstmCell({ inputSize: 2, hiddenSize: 3, rng }), new GruCell({ inputSize: 3, hiddenSize: 2, rng })];
  return new StackedCells({ cells });
});
