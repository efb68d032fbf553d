// jax-js: one jitted function per workload, its loop over time unrolled by hand, as it has no scan.
// @boundaries-ignore installed at run time, not a dependency
import { init, jit, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { readFileSync } from 'node:fs';
import {
  array,
  charModel,
  crossEntropy,
  linear,
  linearArrays,
  lstm,
  lstmArrays,
  oneHot,
  step,
} from './jax-char-model.mjs';
import { GENERATION, TAGGING, TRAINING, charModelWeights, taggerStart } from './workloads.js';

export async function setUp({ workload, checks }) {
  await init('wasm');
  const manifest = new URL('./node_modules/@jax-js/jax/package.json', import.meta.url);
  const about = `jax-js ${JSON.parse(readFileSync(manifest, 'utf8')).version}, wasm, jit`;
  if (workload === 'W3') return { about, ...(await generation()) };
  if (workload === 'W4') return { about, ...(await tagging()) };
  return { about, ...(await training(TRAINING[workload], checks)) };
}

async function training(sizes, checks) {
  const { train } = charModel(sizes);
  const once = async () => (await train().data())[0];
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
