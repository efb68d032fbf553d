// TensorFlow.js, from its core ops: faster than its `layers.lstm`, which projects each step's input apart.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  GENERATION,
  LEARNING_RATE,
  TAGGING,
  TRAINING,
  charModelBatch,
  charModelWeights,
  taggerStart,
} from './workloads.js';

const require = createRequire(import.meta.url);
// @boundaries-ignore installed at run time, not a dependency
const tf = require('@tensorflow/tfjs');

export async function setUp({ impl, workload, checks }) {
  const device = impl.replace('tfjs-', '');
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

const variable = (values, shape) => tf.variable(tf.tensor(values, shape));

function lstmVariables({ input, hidden, bias }, inputs) {
  const gates = bias.length;
  return {
    input: variable(input, [inputs, gates]),
    hidden: variable(hidden, [gates / 4, gates]),
    bias: variable(bias, [gates]),
  };
}

const linearVariables = ({ weight, bias }) => ({
  weight: variable(weight, [weight.length / bias.length, bias.length]),
  bias: variable(bias, [bias.length]),
});

function step(projected, { h, c }, { hidden }) {
  const [i, f, g, o] = tf.split(tf.add(projected, tf.matMul(h, hidden)), 4, 1);
  const memory = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
  return { h: tf.mul(tf.sigmoid(o), tf.tanh(memory)), c: memory };
}

/** xs is [time · batch, inputs]; the inputs of all steps are projected at once. A list of [batch, hidden], in the order of time. */
function lstm(xs, weights, batch, time, reverse = false) {
  const hidden = weights.hidden.shape[0];
  const projected = tf.add(tf.matMul(xs, weights.input), weights.bias).reshape([time, batch, 4 * hidden]);
  const steps = tf.unstack(projected);
  let state = { h: tf.zeros([batch, hidden]), c: tf.zeros([batch, hidden]) };
  const ys = [];
  for (let t = 0; t < time; t++) {
    const at = reverse ? time - 1 - t : t;
    state = step(steps[at], state, weights);
    ys[at] = state.h;
  }
  return ys;
}

const crossEntropy = (logits, targets) => tf.losses.softmaxCrossEntropy(targets, logits);

function training(sizes, checks) {
  const { hidden, symbols, batch, time } = sizes;
  const weights = charModelWeights(sizes);
  const layers = weights.layers.map((layer, i) => lstmVariables(layer, i === 0 ? symbols : hidden));
  const output = linearVariables(weights.output);
  const { inputs, targets } = charModelBatch(sizes);
  const xs = tf.oneHot(tf.tensor1d(inputs, 'int32'), symbols).toFloat();
  const ys = tf.oneHot(tf.tensor1d(targets, 'int32'), symbols).toFloat();
  const optimizer = tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-8);
  const loss = () => {
    let x = xs;
    for (const layer of layers) x = tf.concat(lstm(x, layer, batch, time), 0);
    return crossEntropy(tf.add(tf.matMul(x, output.weight), output.bias), ys);
  };
  const train = () =>
    tf.tidy(() => {
      const value = optimizer.minimize(loss, true);
      return value.dataSync()[0];
    });
  return { check: Array.from({ length: checks }, train), run: repeat(train) };
}

/** 100 characters, as these take long. */
function generation() {
  const { hidden, symbols } = GENERATION;
  const weights = charModelWeights(GENERATION);
  const layer = lstmVariables(weights.layers[0], symbols);
  const output = linearVariables(weights.output);
  const generate = (length) => {
    const written = [];
    let symbol = 1;
    let state = { h: tf.zeros([1, hidden]), c: tf.zeros([1, hidden]) };
    for (let n = 0; n < length; n++) {
      const before = state;
      const next = tf.tidy(() => {
        const projected = tf.add(tf.gather(layer.input, tf.tensor1d([symbol], 'int32')), layer.bias);
        const after = step(projected, before, layer);
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
  const table = variable(weights.embedding, [words, embedding]);
  const forward = lstmVariables(weights.forward, embedding);
  const backward = lstmVariables(weights.backward, embedding);
  const output = linearVariables(weights.output);
  const xs = tf.tensor1d(tokens.inputs, 'int32');
  const ys = tf.oneHot(tf.tensor1d(tokens.targets, 'int32'), tags).toFloat();
  const loss = () => {
    const x = tf.gather(table, xs);
    const left = tf.concat(lstm(x, forward, batch, time), 0);
    const right = tf.concat(lstm(x, backward, batch, time, true), 0);
    return crossEntropy(tf.add(tf.matMul(tf.concat([left, right], 1), output.weight), output.bias), ys);
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
