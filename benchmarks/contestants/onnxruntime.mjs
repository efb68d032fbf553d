// ONNX Runtime for Node, native code: inference only, so W3 only.
import { createRequire } from 'node:module';
import { charModelFile } from './onnx-model.js';
import { GENERATION, charModelWeights, transposed } from './workloads.js';

const require = createRequire(import.meta.url);
// @boundaries-ignore installed at run time, not a dependency
const { InferenceSession, Tensor } = require('onnxruntime-node');

export async function setUp() {
  const { hidden, symbols, time } = GENERATION;
  const { layers, output } = charModelWeights(GENERATION);
  const [layer] = layers;
  const bias = new Float32Array(8 * hidden);
  bias.set(reordered(layer.bias, 1));
  const file = charModelFile(GENERATION, {
    input: reordered(transposed(layer.input, symbols, 4 * hidden), symbols),
    recurrent: reordered(transposed(layer.hidden, hidden, 4 * hidden), hidden),
    bias,
    output: output.weight,
    outputBias: output.bias,
  });
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
  const state = () => new Tensor('float32', new Float32Array(hidden), [1, 1, hidden]);
  const generate = async (length) => {
    const written = [];
    let symbol = new Tensor('int64', [1n], [1, 1]);
    let h = state();
    let c = state();
    for (let n = 0; n < length; n++) {
      const { best, h_next, c_next } = await session.run({ symbol, h, c });
      [symbol, h, c] = [best, h_next, c_next];
      written.push(Number(best.data[0]));
    }
    return written;
  };
  const { version } = require('onnxruntime-node/package.json');
  return {
    about: `onnxruntime-node ${version}, native, one thread`,
    check: await generate(20),
    run: async (times) => {
      for (let i = 0; i < times; i++) await generate(time);
    },
  };
}

/** Rows of the gates i, f, g, o in the order i, o, f, g. */
function reordered(values, columns) {
  const size = values.length / 4;
  const result = new Float32Array(values.length);
  for (const [to, from] of [0, 3, 1, 2].entries())
    result.set(values.subarray(from * size, (from + 1) * size), to * size);
  if (size % columns !== 0) throw new Error('the gates do not fill whole rows');
  return result;
}
