import { wasmSync } from '@unroll/backend-wasm';
import { GruCell, LstmCell, type RecurrentCell, StackedCells, type State } from '@unroll/cells';
import { Embedding, Linear } from '@unroll/layers';
import {
  type Backend,
  Rng,
  type Tensor,
  castParameters,
  getBackend,
  logSoftmax,
  mapTensors,
  ones,
  tensor,
  tensorsOf,
  withBackend,
  zeros,
} from '@unroll/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdditiveScore } from '../attention/additive.ts';
import { AttentionDecoder, type AttentionState } from '../attention/attention-decoder.ts';
import type { AttentionMemory } from '../attention/memory.ts';
import { Bidirectional } from '../bidirectional.ts';
import { gatherRows } from '../gather-rows.ts';
import { type ChooseToken, greedy, sampled } from '../generation/choose-token.ts';
import { generate } from '../generation/generate.ts';
import { LanguageModelCell } from '../generation/language-model-cell.ts';
import { zeroBridge } from '../seq2seq/bridge.ts';
import { EncoderDecoder } from '../seq2seq/encoder-decoder.ts';
import { TokenDecoder } from '../seq2seq/token-decoder.ts';
import { type BeamSearchOptions, beamSearch, streamBeamSearch } from './beam-search.ts';
import { gnmtCoverage } from './coverage-penalty.ts';
import { decode, streamDecode } from './decode.ts';
import type { Hypothesis, WrittenToken } from './hypothesis.ts';
import { averageLength, gnmt } from './length-penalty.ts';
import { allowedTokens, forbiddenTokens, noRepeatedNgrams } from './token-constraint.ts';
import { type TokenModel, languageModel, sourceModel } from './token-model.ts';

const VOCABULARY = 6;
const [START, END] = [0, 1];
const limits = { start: START, end: END, maxLength: 8 } as const;

function languageCell(seed: number): LanguageModelCell {
  const rng = new Rng(seed);
  const cells = [new LstmCell({ inputSize: 3, hiddenSize: 4, rng }), new GruCell({ inputSize: 4, hiddenSize: 5, rng })];
  const cell = new LanguageModelCell({
    embedding: new Embedding({ count: VOCABULARY, size: 3, rng }),
    cell: new StackedCells({ cells }),
    output: new Linear({ inputSize: 5, outputSize: VOCABULARY, rng, initializer: (shape, r) => r.normal(shape) }),
  });
  return castParameters(cell, 'float64');
}

/** Each input in a state of its own. */
function randomState(cell: RecurrentCell, seed: number, inputs: number): State {
  const rng = new Rng(seed);
  return mapTensors(cell.initialState(inputs), ({ shape }) => rng.normal(shape, { dtype: 'float64' }));
}

const rowOf = (state: State, row: number): State => gatherRows(state, tensor(Int32Array.of(row)));

function translator(seed: number): EncoderDecoder<AttentionMemory, Tensor, AttentionState<Tensor>> {
  const rng = new Rng(seed);
  const gru = (inputSize: number): GruCell => new GruCell({ inputSize, hiddenSize: 4, rng });
  const model = new EncoderDecoder({
    embedding: new Embedding({ count: 7, size: 3, rng }),
    encoder: new Bidirectional({ forwardCell: gru(3), backwardCell: gru(3) }),
    decoder: new TokenDecoder({
      embedding: new Embedding({ count: VOCABULARY, size: 3, rng }),
      decoder: new AttentionDecoder({
        cell: gru(3 + 8),
        score: new AdditiveScore({ querySize: 4, keySize: 8, attentionSize: 5, rng }),
        valueSize: 8,
      }),
      bridge: zeroBridge,
      output: new Linear({ inputSize: 12, outputSize: VOCABULARY, rng, initializer: (shape, r) => r.normal(shape) }),
    }),
  });
  return castParameters(model, 'float64');
}

function expectSame(actual: Hypothesis, expected: Hypothesis, within = 1e-11): void {
  expect(actual.tokens).toEqual(expected.tokens);
  expect(actual.ended).toBe(expected.ended);
  expect(Math.abs(actual.score - expected.score)).toBeLessThan(within);
  expect(Math.abs(actual.logProbability - expected.logProbability)).toBeLessThan(within);
}

async function drained<T>(stream: AsyncGenerator<WrittenToken, T>): Promise<{ written: WrittenToken[]; result: T }> {
  const written: WrittenToken[] = [];
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { written, result: value };
    written.push(value);
  }
}

const searches: readonly Partial<BeamSearchOptions<never, never>>[] = [
  { beamSize: 1 },
  { beamSize: 3, nBest: 3, lengthPenalty: gnmt({ alpha: 0.8 }) },
  { beamSize: 4, nBest: 2, lengthPenalty: averageLength(), minLength: 3, constraints: [noRepeatedNgrams({ size: 2 })] },
];

describe('beam search', () => {
  it('gives a batch what its inputs give alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1000),
        fc.integer({ min: 2, max: 5 }),
        fc.constantFrom(...searches),
        async (seed, inputs, how) => {
          const cell = languageCell(seed);
          const state = randomState(cell, seed, inputs);
          const options = { ...limits, beamSize: 2, ...how };
          const together = await beamSearch({ ...options, model: languageModel({ cell, state }) });
          expect(together).toHaveLength(inputs);
          for (let i = 0; i < inputs; i++) {
            const [alone] = await beamSearch({ ...options, model: languageModel({ cell, state: rowOf(state, i) }) });
            expect(together[i]).toHaveLength(alone!.length);
            for (const [n, hypothesis] of alone!.entries()) expectSame(together[i]![n]!, hypothesis);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('of size 1 is greedy decoding', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const cell = languageCell(seed);
      const model = languageModel({ cell, state: randomState(cell, seed, 3) });
      const beams = await beamSearch({ ...limits, model, beamSize: 1 });
      const chosen = await decode({ ...limits, model, choose: greedy() });
      for (const [i, hypothesis] of chosen.entries()) expectSame(beams[i]![0]!, hypothesis);
    }
  });

  it('says the log-probability that single steps add up to', async () => {
    const cell = languageCell(3);
    const [hypotheses] = await beamSearch({ ...limits, model: languageModel({ cell }), beamSize: 4, nBest: 4 });
    for (const { tokens, tokenLogProbabilities } of hypotheses!) {
      let state = cell.initialState(1);
      for (const [i, token] of tokens.entries()) {
        const read = i === 0 ? START : tokens[i - 1]!;
        const [logits, next] = cell.step(tensor(Int32Array.of(read), { shape: [1, 1] }), state);
        state = next;
        const row = [...logits.dataSync()];
        const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
        expect(tokenLogProbabilities[i]).toBeCloseTo(row[token]! - total, 11);
      }
    }
  });

  it('gives sentences with attention, padded in a batch, what they give alone, alignments and coverage included', async () => {
    const model = translator(2);
    const sources = [[2, 3, 4, 5], [6, 2], [3]];
    const tokens = tensor(Int32Array.from(sources.flatMap((s) => [...s, 0, 0, 0, 0].slice(0, 4))), { shape: [3, 4] });
    const mask = tensor(sources.map((s) => [0, 1, 2, 3].map((t) => (t < s.length ? 1 : 0)))).cast('float64');
    const options = { ...limits, beamSize: 3, nBest: 2, lengthPenalty: gnmt(), coveragePenalty: gnmtCoverage() };
    const together = await beamSearch({
      ...options,
      model: sourceModel(model.decoder, model.encode(tokens, { mask })),
    });
    for (const [i, source] of sources.entries()) {
      const one = tensor(Int32Array.from(source), { shape: [1, source.length] });
      const [alone] = await beamSearch({ ...options, model: sourceModel(model.decoder, model.encode(one)) });
      for (const [n, hypothesis] of alone!.entries()) {
        const batched = together[i]![n]!;
        expectSame(batched, hypothesis);
        expect(batched.alignment).toHaveLength(batched.tokens.length);
        for (const [t, weights] of hypothesis.alignment!.entries()) {
          const padded = [...weights, 0, 0, 0, 0].slice(0, 4);
          for (const [j, weight] of padded.entries()) expect(batched.alignment![t]![j]).toBeCloseTo(weight, 11);
        }
      }
    }
  });

  it('finds the same compiled, in float32', async () => {
    const search = (): Promise<readonly (readonly Hypothesis[])[]> => {
      const model = castParameters(translator(4), 'float32');
      const tokens = tensor(Int32Array.of(2, 3, 4, 5, 6, 1), { shape: [2, 3] });
      const about = sourceModel(model.decoder, model.encode(tokens));
      return beamSearch({ ...limits, model: about, beamSize: 3, nBest: 3, lengthPenalty: gnmt() });
    };
    const plain = await search();
    const compiled = await withBackend(wasmSync(), search);
    for (const [i, hypotheses] of plain.entries()) {
      for (const [n, hypothesis] of hypotheses.entries()) expectSame(compiled[i]![n]!, hypothesis, 1e-5);
    }
  });
});

describe('constraints', () => {
  const model = languageModel({ cell: languageCell(5) });
  const all = { ...limits, model, beamSize: 4, nBest: 4 };

  it('keep forbidden tokens out, and share nothing out anew', async () => {
    const [hypotheses] = await beamSearch({ ...all, constraints: [forbiddenTokens([START, 3])] });
    for (const { tokens } of hypotheses!) for (const token of tokens) expect([START, 3]).not.toContain(token);
    const [free] = await beamSearch({ ...all, beamSize: VOCABULARY ** 3, nBest: VOCABULARY ** 3, maxLength: 3 });
    const [few] = await beamSearch({
      ...all,
      beamSize: VOCABULARY ** 3,
      nBest: VOCABULARY ** 3,
      maxLength: 3,
      constraints: [forbiddenTokens([2])],
    });
    const left = free!.filter(({ tokens }) => !tokens.includes(2));
    expect(few).toHaveLength(left.length);
    for (const [i, hypothesis] of left.entries()) expectSame(few![i]!, hypothesis);
  });

  it('let only what is allowed after what came before', async () => {
    const alternating = allowedTokens((prefix) => (prefix.length >= 4 ? [END] : [2 + (prefix.length % 2)]));
    for (const choose of [greedy(), sampled({ rng: new Rng(1) })]) {
      const [written] = await decode({ ...limits, model, choose, constraints: [alternating] });
      expect(written!.tokens).toEqual([2, 3, 2, 3, END]);
    }
  });

  it('let no run of tokens come twice', async () => {
    for (const size of [1, 2, 3]) {
      const [hypotheses] = await beamSearch({ ...all, maxLength: 12, constraints: [noRepeatedNgrams({ size })] });
      for (const { tokens } of hypotheses!) {
        const runs = tokens.slice(size - 1).map((_, i) => tokens.slice(i, i + size).join(' '));
        expect(new Set(runs).size).toBe(runs.length);
      }
    }
  });

  it('that leave nothing end a sequence where it stands', async () => {
    const constraints = [allowedTokens((prefix) => (prefix.length < 2 ? [2, 3] : []))];
    const [[best]] = (await beamSearch({ ...all, constraints })) as [[Hypothesis]];
    const [written] = await decode({ ...limits, model, constraints, choose: greedy() });
    for (const { tokens, ended } of [best, written!]) {
      expect(tokens).toHaveLength(2);
      expect(ended).toBe(false);
    }
  });

  it('refuse tokens that are not in the vocabulary', async () => {
    for (const constraint of [forbiddenTokens([6]), allowedTokens(() => [-1])]) {
      await expect(beamSearch({ ...all, constraints: [constraint] })).rejects.toMatchObject({
        code: 'INDEX_OUT_OF_RANGE',
      });
    }
    expect(() => noRepeatedNgrams({ size: 0 })).toThrow(/the size is 0/);
  });
});

describe('decode', () => {
  it('writes greedily what generate writes, up to the end', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const cell = languageCell(seed);
      const written: number[] = [];
      for await (const token of generate({ cell, prompt: [START], length: 12, choose: greedy() })) {
        written.push(token);
        if (token === END) break;
      }
      const [hypothesis] = await decode({ ...limits, maxLength: 12, model: languageModel({ cell }), choose: greedy() });
      expect(hypothesis!.tokens).toEqual(written);
    }
  });

  it('gives a batch what its inputs give alone', async () => {
    const cell = languageCell(9);
    const state = randomState(cell, 1, 6);
    const together = await decode({ ...limits, model: languageModel({ cell, state }), choose: greedy() });
    for (let i = 0; i < 6; i++) {
      const model = languageModel({ cell, state: rowOf(state, i) });
      const [alone] = await decode({ ...limits, model, choose: greedy() });
      expectSame(together[i]!, alone!);
    }
  });

  it('draws the same with the same seed, and with the frequencies of the model', async () => {
    const cell = languageCell(2);
    const inputs = 4000;
    const state = cell.initialState(inputs);
    const draw = (seed: number): Promise<readonly Hypothesis[]> =>
      decode({
        ...limits,
        maxLength: 1,
        model: languageModel({ cell, state }),
        choose: sampled({ rng: new Rng(seed) }),
      });
    const drawn = await draw(1);
    expect((await draw(1)).map(({ tokens }) => tokens)).toEqual(drawn.map(({ tokens }) => tokens));
    const counts = new Map<number, { count: number; probability: number }>();
    for (const { tokens, logProbability } of drawn) {
      const count = (counts.get(tokens[0]!)?.count ?? 0) + 1;
      counts.set(tokens[0]!, { count, probability: Math.exp(logProbability) });
    }
    for (const { count, probability } of counts.values()) {
      // Five standard deviations.
      expect(Math.abs(count / inputs - probability)).toBeLessThan(
        5 * Math.sqrt((probability * (1 - probability)) / inputs),
      );
    }
  });
});

describe('every way of decoding', () => {
  const cell = languageCell(7);
  const model = languageModel({ cell, state: randomState(cell, 7, 4) });
  const ways = {
    beamSearch: (signal?: AbortSignal) => streamBeamSearch({ ...limits, model, beamSize: 3, signal }),
    decode: (signal?: AbortSignal) => streamDecode({ ...limits, model, choose: greedy(), signal }),
  };

  it.each(Object.keys(ways) as (keyof typeof ways)[])('%s streams the tokens that it ends with', async (way) => {
    const { written, result } = await drained<readonly (Hypothesis | readonly Hypothesis[])[]>(ways[way]());
    for (const [i, each] of result.entries()) {
      const best = Array.isArray(each) ? (each as readonly Hypothesis[])[0]! : (each as Hypothesis);
      expect(written.filter(({ input }) => input === i).map(({ token }) => token)).toEqual(best.tokens);
    }
  });

  it.each(Object.keys(ways) as (keyof typeof ways)[])('%s ends when the signal says so', async (way) => {
    const controller = new AbortController();
    const stream = ways[way](controller.signal);
    await stream.next();
    controller.abort(new Error('enough'));
    await expect(drained<unknown>(stream)).rejects.toThrow('enough');
  });

  it.each(Object.keys(ways) as (keyof typeof ways)[])(
    '%s leaves nothing behind, also when it is abandoned',
    async (way) => {
      const backend = getBackend() as Backend & { memory(): { readonly buffers: number } };
      const before = backend.memory().buffers;
      await drained<unknown>(ways[way]());
      for await (const _ of ways[way]()) break;
      expect(backend.memory().buffers).toBe(before);
    },
  );

  it('says what the model says when it is made to read the same: scores and alignments', async () => {
    const translate = translator(6);
    const source = tensor(Int32Array.of(2, 3, 4, 5, 6), { shape: [1, 5] });
    const about = { ...limits, model: () => sourceModel(translate.decoder, translate.encode(source)) };
    const [chosen] = await decode({ ...about, choose: sampled({ rng: new Rng(1), topK: 3 }) });
    const [hypotheses] = await beamSearch({ ...about, beamSize: 4, nBest: 4 });
    for (const { tokens, tokenLogProbabilities, alignment } of [chosen!, ...hypotheses!]) {
      const read = tensor(Int32Array.of(START, ...tokens.slice(0, -1)), { shape: [1, tokens.length] });
      const { logits, alignments } = translate.forward(source, read);
      const expected = logSoftmax(logits).dataSync();
      const looked = alignments!.dataSync();
      for (const [t, token] of tokens.entries()) {
        expect(tokenLogProbabilities[t]).toBeCloseTo(expected[t * VOCABULARY + token]!, 11);
        for (const [j, weight] of alignment![t]!.entries()) expect(weight).toBeCloseTo(looked[t * 5 + j]!, 11);
      }
    }
  });

  it('frees what the function made that makes its model, and nothing else', async () => {
    const backend = getBackend() as Backend & { memory(): { readonly buffers: number } };
    const translate = translator(1);
    const tokens = tensor(Int32Array.of(2, 3, 4, 5, 6, 1), { shape: [2, 3] });
    const mask = ones([2, 3], { dtype: 'float64' });
    const made = () => sourceModel(translate.decoder, translate.encode(tokens, { mask }));
    const before = backend.memory().buffers;
    await decode({ ...limits, model: made, choose: greedy() });
    const coveragePenalty = gnmtCoverage();
    const found = await beamSearch({ ...limits, model: made, beamSize: 3, coveragePenalty });
    expect(backend.memory().buffers).toBe(before);
    const kept = made();
    const again = await beamSearch({ ...limits, model: kept, beamSize: 3, coveragePenalty });
    expect(again).toEqual(found);
    expect(tensorsOf(kept.memory).some(({ isDisposed }) => isDisposed)).toBe(false);
  });

  it('says what it can not do', async () => {
    const beam = { ...limits, model, beamSize: 3 };
    await expect(beamSearch({ ...beam, beamSize: 0 })).rejects.toThrow(
      'beamSearch: beamSize is 0; give an integer from 1 on.',
    );
    await expect(beamSearch({ ...beam, nBest: 1.5 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(beamSearch({ ...beam, minLength: 9 })).rejects.toThrow('minLength 9 is above maxLength 8');
    await expect(decode({ ...limits, maxLength: 0, model, choose: greedy() })).rejects.toThrow('maxLength is 0');
    expect(() => gnmt({ alpha: NaN })).toThrow(/alpha is NaN/);
    expect(() => gnmtCoverage({ beta: -1 })).toThrow(/beta is -1/);
  });

  it('says that the model diverged', async () => {
    const broken: RecurrentCell<Tensor> = {
      inputSize: 1,
      outputSize: 2,
      initialState: (batch) => zeros([batch, 2]),
      step: (_, state) => [state.sub(NaN), state],
    };
    const broke: TokenModel<readonly [], Tensor> = languageModel({ cell: broken });
    const choose: ChooseToken = greedy();
    await expect(beamSearch({ ...limits, model: broke, beamSize: 2 })).rejects.toMatchObject({ code: 'NON_FINITE' });
    await expect(decode({ ...limits, model: broke, choose })).rejects.toMatchObject({ code: 'NON_FINITE' });
  });
});
