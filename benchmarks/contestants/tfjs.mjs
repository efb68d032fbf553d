// TensorFlow.js, from its core ops: faster than its `layers.lstm`, which projects each step's input apart.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { charModel, crossEntropy, linearVariables, lstm, lstmVariables, step } from './tfjs-char-model.mjs';
import { GENERATION, TAGGING, TRAINING, charModelWeights, taggerStart } from './workloads.js';

const require = createRequire(import.meta.url);
// @boundaries-ignore installed at run time, not a dependency
const tf = require('@tensorflow/tfjs');

export async function setUp({ impl, workload, checks }) {
  const device = /^tfjs-(\w+)/.exec(impl)[1];
  if (device === 'wasm') {
    const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist')}/`);
  }
  if (!(await tf.setBackend(device))) throw new Error(`no backend ${device}`);
  await tf.ready();
  const simd = device === 'wasm' && (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? ' with SIMD' : '';
  const about = `tfjs ${tf.version.tfjs}, ${tf.getBackend()}${simd}, core ops`;
  if (workload === 'W3') return { about, ...generation() };
  if (workload === 'W4') return { about, ...tagging() };
  return { about, ...training(TRAINING[workload], checks) };
}

function training(sizes, checks) {
  const model = charModel(tf, sizes);
  const train = () => {
    const loss = model.train();
    const value = loss.dataSync()[0];
    loss.dispose();
    return value;
  };
  return { check: Array.from({ length: checks }, train), run: repeat(train) };
}

/** 100 characters, as these take long. */
function generation() {
  const { hidden, symbols } = GENERATION;
  const weights = charModelWeights(GENERATION);
  const layer = lstmVariables(tf, weights.layers[0], symbols);
  const output = linearVariables(tf, weights.output);
  const generate = (length) => {
    const written = [];
    let symbol = 1;
    let state = { h: tf.zeros([1, hidden]), c: tf.zeros([1, hidden]) };
    for (let n = 0; n < length; n++) {
      const before = state;
      const next = tf.tidy(() => {
        const projected = tf.add(tf.gather(layer.input, tf.tensor1d([symbol], 'int32')), layer.bias);
        const after = step(tf, projected, before, layer);
        return { ...after, best: tf.argMax(tf.add(tf.matMul(after.h, output.weight), output.bias), 1) };
      });
      symbol = next.best.dataSync()[0];
      tf.dispose([before, next.best]);
      state = { h: next.h, c: next.c };
      written.push(symbol);
    }
    tf.dispose(state);
    return written;
  };
  return { check: generate(20), share: 0.1, run: repeat(() => generate(GENERATION.time / 10)) };
}

function tagging() {
  const { words, embedding, tags, batch, time } = TAGGING;
  const { weights, batch: tokens } = taggerStart(TAGGING);
  const table = tf.variable(tf.tensor(weights.embedding, [words, embedding]));
  const forward = lstmVariables(tf, weights.forward, embedding);
  const backward = lstmVariables(tf, weights.backward, embedding);
  const output = linearVariables(tf, weights.output);
  const xs = tf.tensor1d(tokens.inputs, 'int32');
  const ys = tf.oneHot(tf.tensor1d(tokens.targets, 'int32'), tags).toFloat();
  const loss = () => {
    const x = tf.gather(table, xs);
    const left = tf.concat(lstm(tf, x, forward, batch, time), 0);
    const right = tf.concat(lstm(tf, x, backward, batch, time, true), 0);
    return crossEntropy(tf, tf.add(tf.matMul(tf.concat([left, right], 1), output.weight), output.bias), ys);
  };
  const gradients = () => tf.variableGrads(loss);
  const check = tf.tidy(() => {
    const { value, grads } = gradients();
    const squares = Object.values(grads).map((grad) => tf.sum(tf.square(grad)).dataSync()[0]);
    return [value.dataSync()[0], Math.sqrt(squares.reduce((sum, square) => sum + square, 0))];
  });
  // Gradients are computed before `variableGrads` returns.
  const work = () => tf.tidy(() => gradients().value.dataSync()[0]);
  return { check, run: repeat(work) };
}

function repeat(work) {
  return (times) => {
    for (let i = 0; i < times; i++) work();
  };
}
