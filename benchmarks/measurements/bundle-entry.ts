// A page that writes text with a trained model, and does nothing else: what it loads is what the bundle's size is of.
import { LanguageModelCell, generate, greedy } from '@unroll/architectures';
import { wasm } from '@unroll/backend-wasm';
import { LstmCell } from '@unroll/cells';
import { Embedding, Linear } from '@unroll/layers';
import { Rng, parametersOf, setBackend, tensor } from '@unroll/tensor';

/** Letters by a model of so many symbols whose parameters lie one after the other in `weights`. */
export async function write(weights: Float32Array, symbols: number, hiddenSize: number, show: (token: number) => void) {
  setBackend(await wasm());
  const rng = new Rng(1);
  const cell = new LanguageModelCell({
    embedding: new Embedding({ count: symbols, size: hiddenSize, rng }),
    cell: new LstmCell({ inputSize: hiddenSize, hiddenSize, rng }),
    output: new Linear({ inputSize: hiddenSize, outputSize: symbols, rng }),
  });
  let at = 0;
  for (const parameter of parametersOf(cell)) {
    const { shape, size } = parameter.value;
    parameter.value = tensor(weights.subarray(at, at + size), { shape });
    at += size;
  }
  for await (const token of generate({ cell, prompt: [1], length: 1000, choose: greedy() })) show(token);
}
