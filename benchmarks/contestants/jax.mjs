// jax-js: one jitted function per workload, its loop over time unrolled by hand, as it has no scan.
// @boundaries-ignore installed at run time, not a dependency
import { init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { readFileSync } from 'node:fs';
import {
  GENERATION,
  LEARNING_RATE,
  TAGGING,
  TRAINING,
  charModelBatch,
  charModelWeights,
  taggerStart,
} from './workloads.js';

export async function setUp({ workload, checks }) {
  await init('wasm');
  const manifest = new URL('./node_modules/@jax-js/jax/package.json', import.meta.url);
  const about = `jax-js ${JSON.parse(readFileSync(manifest, 'utf8')).version}, wasm, jit`;
  if (workload === 'W3') return { about, ...(await generation()) };
  if (workload === 'W4') return { about, ...(await tagging()) };
  return { about, ...(await training(TRAINING[workload], checks)) };
}

const array = (values, shape) => np.array(values).reshape(shape);

function lstmArrays({ input, hidden, bias }, inputs) {
  const gates = bias.length;
  return {
    input: array(input, [inputs, gates]),
    hidden: array(hidden, [gates / 4, gates]),
    bias: array(bias, [gates]),
  };
}

const linearArrays = ({ weight, bias }) => ({
  weight: array(weight, [weight.length / bias.length, bias.length]),
  bias: array(bias, [bias.length]),
});

/** Every argument is used up, as is the custom of this library: `.ref` where a value is used again. */
function step(projected, h, c, hidden) {
  const [i, f, g, o] = np.split(projected.add(np.matmul(h, hidden)), 4, 1);
  const memory = nn
    .sigmoid(f)
    .mul(c)
    .add(nn.sigmoid(i).mul(np.tanh(g)));
  return [nn.sigmoid(o).mul(np.tanh(memory.ref)), memory];
}

/** xs is [time · batch, inputs]; gives [time · batch, hidden]. */
function lstm(xs, { input, hidden, bias }, batch, time, reverse = false) {
  const size = hidden.shape[0];
  const projected = np
    .matmul(xs, input)
    .add(bias)
    .reshape([time, batch, 4 * size]);
  const steps = np.split(projected, time, 0);
  let h = np.zeros([batch, size]);
  let c = np.zeros([batch, size]);
  const ys = [];
  for (let t = 0; t < time; t++) {
    const at = reverse ? time - 1 - t : t;
    [h, c] = step(steps[at].reshape([batch, 4 * size]), h, c, hidden.ref);
    ys[at] = h.ref;
  }
  h.dispose();
  c.dispose();
  hidden.dispose();
  return np.concatenate(ys, 0);
}

const crossEntropy = (logits, targets) => np.mean(np.sum(nn.logSoftmax(logits, -1).mul(targets), -1)).neg();

const linear = (x, { weight, bias }) => np.matmul(x, weight).add(bias);

const oneHot = (values, depth) => {
  const rows = new Float32Array(values.length * depth);
  for (const [i, value] of values.entries()) rows[i * depth + value] = 1;
  return array(rows, [values.length, depth]);
};

async function training(sizes, checks) {
  const { hidden, symbols, batch, time } = sizes;
  const weights = charModelWeights(sizes);
  const loss = ({ layers, output }, xs, ys) => {
    let x = xs;
    for (const layer of layers) x = lstm(x, layer, batch, time);
    return crossEntropy(linear(x, output), ys);
  };
  const differentiate = valueAndGrad(loss);
  /** Adam; `rate` and `correction` are numbers of the step. */
  const train = jit((parameters, m, v, xs, ys, rate, correction) => {
    const [value, grads] = differentiate(tree.ref(parameters), xs, ys);
    const next = tree.map((m, g) => m.mul(0.9).add(g.mul(0.1)), m, tree.ref(grads));
    const nextSquares = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), v, grads);
    const moved = tree.map(
      (p, m, v) => p.sub(m.mul(rate.ref).div(np.sqrt(v).add(correction.ref.mul(1e-8)))),
      parameters,
      tree.ref(next),
      tree.ref(nextSquares),
    );
    rate.dispose();
    correction.dispose();
    return [value, moved, next, nextSquares];
  });
  let parameters = {
    layers: weights.layers.map((layer, i) => lstmArrays(layer, i === 0 ? symbols : hidden)),
    output: linearArrays(weights.output),
  };
  const zeros = () => tree.map((p) => np.zeros(p.shape), parameters);
  let m = zeros();
  let v = zeros();
  let taken = 0;
  const tokens = charModelBatch(sizes);
  const xs = oneHot(tokens.inputs, symbols);
  const ys = oneHot(tokens.targets, symbols);
  const once = async () => {
    taken++;
    const correction = Math.sqrt(1 - 0.999 ** taken);
    const rate = (LEARNING_RATE * correction) / (1 - 0.9 ** taken);
    let value;
    [value, parameters, m, v] = train(parameters, m, v, xs.ref, ys.ref, np.array(rate), np.array(correction));
    return (await value.data())[0];
  };
  return { check: await collect(checks, once), run: repeat(once) };
}

/** 100 characters, as these take long. */
async function generation() {
  const { hidden, symbols } = GENERATION;
  const weights = charModelWeights(GENERATION);
  const layer = lstmArrays(weights.layers[0], symbols);
  const output = linearArrays(weights.output);
  const next = jit((layer, output, x, h, c) => {
    const projected = np.matmul(x, layer.input).add(layer.bias);
    const [y, memory] = step(projected, h, c, layer.hidden);
    return [np.argmax(linear(y.ref, output), 1), y, memory];
  });
  const generate = async (length) => {
    const written = [];
    let symbol = 1;
    let h = np.zeros([1, hidden]);
    let c = np.zeros([1, hidden]);
    for (let n = 0; n < length; n++) {
      let best;
      [best, h, c] = next(tree.ref(layer), tree.ref(output), oneHot([symbol], symbols), h, c);
      symbol = (await best.data())[0];
      written.push(symbol);
    }
    h.dispose();
    c.dispose();
    return written;
  };
  return { check: await generate(20), share: 0.1, run: repeat(() => generate(GENERATION.time / 10)) };
}

async function tagging() {
  const { words, embedding, tags, batch, time } = TAGGING;
  const { weights, batch: tokens } = taggerStart(TAGGING);
  const parameters = {
    table: array(weights.embedding, [words, embedding]),
    forward: lstmArrays(weights.forward, embedding),
    backward: lstmArrays(weights.backward, embedding),
    output: linearArrays(weights.output),
  };
  const loss = ({ table, forward, backward, output }, xs, ys) => {
    const x = np.take(table, xs, 0);
    const both = [lstm(x.ref, forward, batch, time), lstm(x, backward, batch, time, true)];
    return crossEntropy(linear(np.concatenate(both, 1), output), ys);
  };
  const differentiate = jit(valueAndGrad(loss));
  const xs = np.array(tokens.inputs, { dtype: np.int32 });
  const ys = oneHot(tokens.targets, tags);
  const once = async () => {
    const [value, grads] = differentiate(tree.ref(parameters), xs.ref, ys.ref);
    const loss = (await value.data())[0];
    return [loss, grads];
  };
  const [first, grads] = await once();
  let squares = 0;
  for (const grad of tree.leaves(grads)) for (const g of await grad.data()) squares += g * g;
  const work = async () => {
    const [, grads] = await once();
    // Whatever is still lazy is computed here.
    for (const grad of tree.leaves(grads)) await grad.blockUntilReady();
    tree.dispose(grads);
  };
  return { check: [first, Math.sqrt(squares)], run: repeat(work) };
}

async function collect(count, work) {
  const results = [];
  for (let i = 0; i < count; i++) results.push(await work());
  return results;
}

function repeat(work) {
  return async (times) => {
    for (let i = 0; i < times; i++) await work();
  };
}
