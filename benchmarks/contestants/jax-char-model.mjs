// The character LSTM of W1 and W2 in jax-js.
// @boundaries-ignore installed at run time, not a dependency
import { jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { LEARNING_RATE, charModelBatch, charModelWeights } from './workloads.js';

export const array = (values, shape) => np.array(values).reshape(shape);

export function lstmArrays({ input, hidden, bias }, inputs) {
  const gates = bias.length;
  return {
    input: array(input, [inputs, gates]),
    hidden: array(hidden, [gates / 4, gates]),
    bias: array(bias, [gates]),
  };
}

export const linearArrays = ({ weight, bias }) => ({
  weight: array(weight, [weight.length / bias.length, bias.length]),
  bias: array(bias, [bias.length]),
});

/** Every argument is used up, as is the custom of this library: `.ref` where a value is used again. */
export function step(projected, h, c, hidden) {
  const [i, f, g, o] = np.split(projected.add(np.matmul(h, hidden)), 4, 1);
  const memory = nn
    .sigmoid(f)
    .mul(c)
    .add(nn.sigmoid(i).mul(np.tanh(g)));
  return [nn.sigmoid(o).mul(np.tanh(memory.ref)), memory];
}

/** xs is [time · batch, inputs]; gives [time · batch, hidden]. */
export function lstm(xs, { input, hidden, bias }, batch, time, reverse = false) {
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

export const crossEntropy = (logits, targets) => np.mean(np.sum(nn.logSoftmax(logits, -1).mul(targets), -1)).neg();

export const linear = (x, { weight, bias }) => np.matmul(x, weight).add(bias);

export const oneHot = (values, depth) => {
  const rows = new Float32Array(values.length * depth);
  for (const [i, value] of values.entries()) rows[i * depth + value] = 1;
  return array(rows, [values.length, depth]);
};

/** The loss as a scalar array, and a training step that gives the loss before it. */
export function charModel(sizes) {
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
  const infer = jit(loss);
  const trainOnce = () => {
    taken++;
    const correction = Math.sqrt(1 - 0.999 ** taken);
    const rate = (LEARNING_RATE * correction) / (1 - 0.9 ** taken);
    let value;
    [value, parameters, m, v] = train(parameters, m, v, xs.ref, ys.ref, np.array(rate), np.array(correction));
    return value;
  };
  return { loss: () => infer(tree.ref(parameters), xs.ref, ys.ref), train: trainOnce };
}
