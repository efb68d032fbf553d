// brain.js trains on strings, one at a time, with an optimizer and start weights of its own: the same number of characters.
import { createRequire } from 'node:module';
import { GENERATION, TRAINING, charModelBatch } from './workloads.js';

const require = createRequire(import.meta.url);
// @boundaries-ignore installed at run time, not a dependency
const { recurrent } = require('brain.js');
// @boundaries-ignore installed at run time, not a dependency
const { version } = require('brain.js/package.json');

/** 65 letters, one per symbol. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-*';

export async function setUp({ workload }) {
  const about = `brain.js ${version}, strings one at a time, its own optimizer and weights`;
  if (workload === 'W3') return { about, check: [], ...generation() };
  return { about, check: [], ...training(TRAINING[workload]) };
}

function network({ layers, hidden }) {
  return new recurrent.LSTM({ hiddenLayers: Array(layers).fill(hidden), hiddenSizes: Array(layers).fill(hidden) });
}

/** The sequences of the batch as strings, and all letters once, so that all symbols are known. */
function strings(sizes, count) {
  const { inputs } = charModelBatch(sizes);
  return Array.from({ length: count }, (_, b) =>
    Array.from({ length: sizes.time }, (_, t) => LETTERS[inputs[t * sizes.batch + b]]).join(''),
  );
}

const options = { iterations: 1, errorThresh: -1, log: false, learningRate: 0.002 };

function training(sizes) {
  // Two strings of the large model, as these take long.
  const count = sizes.hidden > 200 ? 2 : sizes.batch;
  const net = network(sizes);
  net.train([LETTERS], options);
  const data = strings(sizes, count);
  const run = (times) => {
    for (let i = 0; i < times; i++) net.train(data, options);
  };
  return { share: count / sizes.batch, run };
}

function generation() {
  const net = network(GENERATION);
  net.train([LETTERS], options);
  net.maxPredictionLength = 100;
  let written = 0;
  let runs = 0;
  const generate = () => {
    written += String(net.run(LETTERS[1])).length;
    runs++;
  };
  generate();
  if (written < 20) throw new Error(`writes ${written / runs} characters and stops: it ends its texts itself`);
  return {
    share: written / 1000,
    run: (times) => {
      for (let i = 0; i < times; i++) generate();
    },
  };
}
