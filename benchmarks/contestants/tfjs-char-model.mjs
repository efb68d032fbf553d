// The character LSTM of W1 and W2 in TensorFlow.js, from its core ops. `tf` is given: Node and pages load it in their own ways.
import { LEARNING_RATE, charModelBatch, charModelWeights } from './workloads.js';

const variable = (tf, values, shape) => tf.variable(tf.tensor(values, shape));

export function lstmVariables(tf, { input, hidden, bias }, inputs) {
  const gates = bias.length;
  return {
    input: variable(tf, input, [inputs, gates]),
    hidden: variable(tf, hidden, [gates / 4, gates]),
    bias: variable(tf, bias, [gates]),
  };
}

export const linearVariables = (tf, { weight, bias }) => ({
  weight: variable(tf, weight, [weight.length / bias.length, bias.length]),
  bias: variable(tf, bias, [bias.length]),
});

export function step(tf, projected, { h, c }, { hidden }) {
  const [i, f, g, o] = tf.split(tf.add(projected, tf.matMul(h, hidden)), 4, 1);
  const memory = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
  return { h: tf.mul(tf.sigmoid(o), tf.tanh(memory)), c: memory };
}

/** xs is [time · batch, inputs]; the inputs of all steps are projected at once. A list of [batch, hidden], in the order of time. */
export function lstm(tf, xs, weights, batch, time, reverse = false) {
  const hidden = weights.hidden.shape[0];
  const projected = tf.add(tf.matMul(xs, weights.input), weights.bias).reshape([time, batch, 4 * hidden]);
  const steps = tf.unstack(projected);
  let state = { h: tf.zeros([batch, hidden]), c: tf.zeros([batch, hidden]) };
  const ys = [];
  for (let t = 0; t < time; t++) {
    const at = reverse ? time - 1 - t : t;
    state = step(tf, steps[at], state, weights);
    ys[at] = state.h;
  }
  return ys;
}

export const crossEntropy = (tf, logits, targets) => tf.losses.softmaxCrossEntropy(targets, logits);

/** The loss as a scalar tensor, and a training step that gives the loss before it. */
export function charModel(tf, sizes) {
  const { hidden, symbols, batch, time } = sizes;
  const weights = charModelWeights(sizes);
  const layers = weights.layers.map((layer, i) => lstmVariables(tf, layer, i === 0 ? symbols : hidden));
  const output = linearVariables(tf, weights.output);
  const { inputs, targets } = charModelBatch(sizes);
  const xs = tf.oneHot(tf.tensor1d(inputs, 'int32'), symbols).toFloat();
  const ys = tf.oneHot(tf.tensor1d(targets, 'int32'), symbols).toFloat();
  const optimizer = tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-8);
  const loss = () => {
    let x = xs;
    for (const layer of layers) x = tf.concat(lstm(tf, x, layer, batch, time), 0);
    return crossEntropy(tf, tf.add(tf.matMul(x, output.weight), output.bias), ys);
  };
  return { loss: () => tf.tidy(loss), train: () => tf.tidy(() => optimizer.minimize(loss, true)) };
}
