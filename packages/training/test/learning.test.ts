import type { State } from '@unroll/cells';
import { TOY_TOKENS, anbn, languageModelStreams, pad } from '@unroll/data';
import { Adam, cosineDecay } from '@unroll/optim';
import { Rng, parametersOf, scope, tensor } from '@unroll/tensor';
import { expect, it } from 'vitest';
import { type LossContext, fit, sampledSource, shuffledSource, streamSource } from '../src/index.ts';
import { collect } from './collect.ts';
import { type Pair, TinyLanguageModel } from './tiny-language-model.ts';

const { start, end, symbol } = TOY_TOKENS;

/** Sequences as inputs and the tokens that follow them; `from` says where in a sequence the loss begins. */
function pairs(sequences: readonly Int32Array[], from: (sequence: Int32Array) => number = () => 0): Pair {
  const { tokens: inputs } = pad(sequences.map((sequence) => sequence.subarray(0, -1)));
  const { tokens: targets } = pad(
    sequences.map((sequence) => sequence.map((token, i) => (i <= from(sequence) ? -100 : token)).subarray(1)),
    { value: -100 },
  );
  return { inputs, targets };
}

/** The likeliest token after each of a sequence. */
function predictions(model: TinyLanguageModel, tokens: ArrayLike<number>): readonly number[] {
  return scope(() => {
    const inputs = tensor(Int32Array.from(tokens), { shape: [1, tokens.length] });
    return Array.from(model.forward(inputs)[0].argmax().dataSync());
  });
}

/** The likeliest continuation, token by token with the state carried. */
function greedy(model: TinyLanguageModel, prompt: readonly number[], length: number): readonly number[] {
  const generated: number[] = [];
  let input = prompt;
  let state: readonly State[] | undefined;
  while (generated.length < length) {
    const [logits, next] = model.forward(tensor([input], { dtype: 'int32' }), { state });
    input = [logits.argmax().dataSync().at(-1)!];
    state = next;
    generated.push(...input);
  }
  return generated;
}

it('learns to count: after the first b of aⁿbⁿ, every b and the end are predicted', async () => {
  const rng = new Rng(1);
  const model = new TinyLanguageModel({ vocabulary: 5, embedding: 4, hidden: 8, rng });
  const longest = 8;
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.02 }),
    source: sampledSource({
      rng,
      sample(rng) {
        const words = anbn({ rng, max: longest });
        return pairs(Array.from({ length: 16 }, () => words.next().value));
      },
    }),
    loss: model.loss,
    steps: 400,
    clipNorm: 1,
    rng,
  });
  await collect(run);
  // One more than it has ever seen.
  for (let n = 1; n <= longest + 1; n++) {
    const word = [start, ...Array<number>(n).fill(symbol), ...Array<number>(n).fill(symbol + 1), end];
    const afterFirstB = n + 1;
    expect(predictions(model, word.slice(0, -1)).slice(afterFirstB), `n = ${n}`).toEqual(word.slice(afterFirstB + 1));
  }
});

it('learns to copy: strings that it has never seen come out whole', async () => {
  const rng = new Rng(2);
  const symbols = 8;
  const steps = 700;
  const strings: number[][] = [[]];
  for (const string of strings) {
    if (string.length < 3) for (let s = 0; s < symbols; s++) strings.push([...string, symbol + s]);
  }
  const order = Array.from(rng.permutation(strings.length - 1), (i) => strings[i + 1]!);
  const [heldOut, seen] = [order.slice(0, 20), order.slice(20)];
  const model = new TinyLanguageModel({ vocabulary: symbol + symbols, hidden: 32, rng });
  const run = fit({
    model,
    optimizer: new Adam({
      parameters: parametersOf(model),
      learningRate: cosineDecay({ initial: 0.02, steps }),
    }),
    source: shuffledSource(seen, { batch: 32, rng }),
    loss(strings, context: LossContext<readonly State[]>) {
      const batch = pairs(
        strings.map((string) => Int32Array.of(...string, start, ...string, end)),
        (sequence) => sequence.indexOf(start),
      );
      return { loss: model.loss(batch, context).loss };
    },
    steps,
    clipNorm: 1,
    rng,
  });
  await collect(run);
  for (const string of heldOut) {
    expect(greedy(model, [...string, start], string.length + 1)).toEqual([...string, end]);
  }
});

it('learns a sentence by heart: greedy generation gives it back', async () => {
  const rng = new Rng(3);
  const sentence = 'the quick brown fox jumps over the lazy dog, and the dog does not mind. ';
  const characters = [...new Set(sentence)].toSorted();
  const tokens = Int32Array.from(sentence.repeat(9), (character) => characters.indexOf(character));
  const model = new TinyLanguageModel({ vocabulary: characters.length, embedding: 8, hidden: 32, rng });
  const run = fit({
    model,
    optimizer: new Adam({ parameters: parametersOf(model), learningRate: 0.01 }),
    source: streamSource(languageModelStreams(tokens, { batch: 4, time: 20 })),
    loss: model.loss,
    steps: 300,
    clipNorm: 5,
    rng,
  });
  await collect(run);
  const prompt = 'the quick'.split('').map((character) => characters.indexOf(character));
  const generated = greedy(model, prompt, 2 * sentence.length);
  expect('the quick' + generated.map((token) => characters[token]).join('')).toBe(
    sentence.repeat(3).slice(0, 9 + 2 * sentence.length),
  );
});
