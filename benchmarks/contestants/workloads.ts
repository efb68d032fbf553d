// What every contestant computes, and the numbers it starts from: plain arrays, so that any library can take them.

/** Names as in the tables. */
export type WorkloadName = 'W1' | 'W2' | 'W3' | 'W4';

export interface CharModelSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly symbols: number;
  readonly batch: number;
  readonly time: number;
  /** Makes the start weights larger. Default 1. */
  readonly spread?: number;
}

export interface TaggerSizes {
  readonly words: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly tags: number;
  readonly batch: number;
  readonly time: number;
}

/** W1 and W2: a training step of a character LSTM. */
export const TRAINING: Readonly<Record<'W1' | 'W2', CharModelSizes>> = {
  W1: { layers: 1, hidden: 128, symbols: 65, batch: 32, time: 50 },
  W2: { layers: 2, hidden: 512, symbols: 65, batch: 64, time: 50 },
};

/** W3: 1000 characters, each the likeliest, from symbol 1 and a state of zeros. Small weights would write one symbol for ever. */
export const GENERATION: CharModelSizes = { layers: 1, hidden: 512, symbols: 65, batch: 1, time: 1000, spread: 4 };

/** W4: loss and gradients of a tagger that reads in both directions. */
export const TAGGING: TaggerSizes = { words: 5000, embedding: 100, hidden: 128, tags: 17, batch: 32, time: 30 };

export const LEARNING_RATE = 0.002;

/** Tokens in one unit of work. */
export const TOKENS: Readonly<Record<WorkloadName, number>> = { W1: 1600, W2: 3200, W3: 1000, W4: 960 };

/**
 * What shows equal work. W1, W2: the losses of the first Adam steps. W3: the first symbols. W4: the loss, and the norm of all
 * gradients together.
 */
export const EXPECTED: Readonly<Record<WorkloadName, readonly number[]>> = {
  W1: [4.17503, 4.17144, 4.16786, 4.16422, 4.16048],
  W2: [4.17466, 4.17074, 4.16622, 4.15938, 4.14563],
  W3: [16, 60, 16, 16, 60, 60, 24, 60, 24, 24, 24, 24, 24, 24, 24, 50, 50, 50, 50, 50],
  W4: [2.8361, 0.04346],
};

/** How far a figure of `EXPECTED` may be missed: float32 adds in different orders. */
export const TOLERANCE: Readonly<Record<WorkloadName, number>> = { W1: 1.5e-5, W2: 3e-5, W3: 0, W4: 1.5e-5 };

/** Weights of one LSTM layer for row vectors: x · input + h · hidden + bias, the gates in the order i, f, g, o. */
export interface LstmWeights {
  /** [inputSize, 4 · hidden] */
  readonly input: Float32Array;
  /** [hidden, 4 · hidden] */
  readonly hidden: Float32Array;
  /** [4 · hidden] */
  readonly bias: Float32Array;
}

/** Weights of x · weight + bias: [inputs, outputs] and [outputs]. */
export interface LinearWeights {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface CharModelWeights {
  readonly layers: readonly LstmWeights[];
  readonly output: LinearWeights;
}

export interface TaggerWeights {
  /** [words, embedding] */
  readonly embedding: Float32Array;
  readonly forward: LstmWeights;
  readonly backward: LstmWeights;
  readonly output: LinearWeights;
}

/** Time-major: the element of step t and sequence b stands at t · batch + b. */
export interface TokenBatch {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
}

/** Linear congruential, with the constants of Numerical Recipes: −0.5 to 0.5. */
function generator(): () => number {
  let seed = 1;
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
}

/** Uniform in ±spread/√hidden, in the order in which the fields are listed. */
function drawer(random: () => number, hidden: number, spread = 1): (count: number) => Float32Array {
  return (count) => Float32Array.from({ length: count }, () => ((2 * spread) / Math.sqrt(hidden)) * random());
}

function lstm(draw: (count: number) => Float32Array, inputs: number, hidden: number): LstmWeights {
  return { input: draw(inputs * 4 * hidden), hidden: draw(hidden * 4 * hidden), bias: draw(4 * hidden) };
}

export function charModelWeights({ layers, hidden, symbols, spread }: CharModelSizes): CharModelWeights {
  const draw = drawer(generator(), hidden, spread);
  return {
    layers: Array.from({ length: layers }, (_, layer) => lstm(draw, layer === 0 ? symbols : hidden, hidden)),
    output: { weight: draw(hidden * symbols), bias: draw(symbols) },
  };
}

export function charModelBatch({ symbols, batch, time }: CharModelSizes): TokenBatch {
  const inputs = new Int32Array(time * batch);
  const targets = new Int32Array(time * batch);
  for (let b = 0; b < batch; b++) {
    for (let t = 0, symbol = b % symbols; t < time; t++) {
      inputs[t * batch + b] = symbol;
      symbol = (symbol * 7 + 3 + (t % 5)) % symbols;
      targets[t * batch + b] = symbol;
    }
  }
  return { inputs, targets };
}

/** The tagger's weights, and then its batch, from one generator. */
export function taggerStart(sizes: TaggerSizes): { readonly weights: TaggerWeights; readonly batch: TokenBatch } {
  const { words, embedding, hidden, tags, batch, time } = sizes;
  const random = generator();
  const draw = drawer(random, hidden);
  const weights = {
    embedding: draw(words * embedding),
    forward: lstm(draw, embedding, hidden),
    backward: lstm(draw, embedding, hidden),
    output: { weight: draw(2 * hidden * tags), bias: draw(tags) },
  };
  const below = (count: number): Int32Array =>
    Int32Array.from({ length: time * batch }, () => Math.floor((random() + 0.5) * count));
  return { weights, batch: { inputs: below(words), targets: below(tags) } };
}

/** [rows, columns] → [columns, rows]. */
export function transposed<Numbers extends Float32Array | Int32Array>(
  values: Numbers,
  rows: number,
  columns: number,
): Numbers {
  const result = values.slice() as Numbers;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j]!;
  }
  return result;
}
