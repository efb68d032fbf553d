import { GruCell, LstmCell, StackedCells } from '@unroll/cells';
import { Embedding, Linear } from '@unroll/layers';
import { type Backend, Rng, getBackend, scope, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { type ChooseToken, greedy, sampled } from './choose-token.ts';
import { type GenerateOptions, generate } from './generate.ts';
import { LanguageModelCell } from './language-model-cell.ts';

const VOCABULARY = 7;

function model(seed = 1): LanguageModelCell {
  const rng = new Rng(seed);
  const cells = [new LstmCell({ inputSize: 3, hiddenSize: 5, rng }), new GruCell({ inputSize: 5, hiddenSize: 4, rng })];
  return new LanguageModelCell({
    embedding: new Embedding({ count: VOCABULARY, size: 3, rng }),
    cell: new StackedCells({ cells }),
    output: new Linear({ inputSize: 4, outputSize: VOCABULARY, rng }),
  });
}

async function written(options: Partial<GenerateOptions<never>> & { readonly choose: ChooseToken }): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate({ cell: model(), prompt: [1], length: 20, ...options })) tokens.push(token);
  return tokens;
}

/** By single steps, as the definition has it. */
function byHand(prompt: readonly number[], length: number): readonly number[] {
  return scope(() => {
    const cell = model();
    const tokens = [...prompt];
    let state = cell.initialState(1);
    for (let t = 0; t < prompt.length + length - 1; t++) {
      const [logits, next] = cell.step(tensor(Int32Array.of(tokens[t]!), { shape: [1, 1] }), state);
      state = next;
      if (t >= prompt.length - 1) tokens.push(logits.argmax(1).item());
    }
    return tokens.slice(prompt.length);
  });
}

describe('LanguageModelCell', () => {
  it('refuses parts that do not fit', () => {
    const embedding = new Embedding({ count: 5, size: 3, rng: new Rng(1) });
    const cell = new GruCell({ inputSize: 3, hiddenSize: 4, rng: new Rng(1) });
    const output = new Linear({ inputSize: 3, outputSize: 5, rng: new Rng(1) });
    expect(() => new LanguageModelCell({ embedding, cell, output })).toThrow(
      'LanguageModelCell: the embedding gives 3 features, the cell reads 3 and gives 4, the output reads 3.',
    );
  });
});

describe('generate', () => {
  it.each([[[1]], [[2, 0, 3]]])('writes what single steps write, after the prompt %j', async (prompt) => {
    expect(await written({ prompt, choose: greedy() })).toEqual(byHand(prompt, 20));
  });

  it('writes the same with the same seed, and other tokens with another', async () => {
    const draw = (seed: number): Promise<number[]> => written({ choose: sampled({ rng: new Rng(seed), topK: 5 }) });
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  it('is greedy at temperature 0', async () => {
    expect(await written({ choose: sampled({ rng: new Rng(1), temperature: 0 }) })).toEqual(
      await written({ choose: greedy() }),
    );
  });

  it('goes on from a state', async () => {
    const cell = model();
    const [, state] = cell.step(tensor(Int32Array.of(4), { shape: [1, 1] }), cell.initialState(1));
    expect(await written({ state: state as never, choose: greedy() })).toEqual(
      await written({ prompt: [4, 1], choose: greedy() }),
    );
  });

  it('never chooses a logit of −∞', () => {
    expect(greedy()([-Infinity, -5, -Infinity])).toBe(1);
    expect(() => greedy()([1, NaN])).toThrow(expect.objectContaining({ code: 'NON_FINITE' }));
    expect(() => greedy()([-Infinity])).toThrow(/no token is possible/);
  });

  it('says so when the logits are not finite', async () => {
    const cell = model();
    cell.output.bias!.value = tensor([0, 0, NaN, 0, 0, 0, 0]);
    for (const choose of [greedy(), sampled({ rng: new Rng(1) })]) {
      await expect(written({ cell: cell as never, choose })).rejects.toMatchObject({ code: 'NON_FINITE' });
    }
  });

  it('ends when the signal says so, and lets other work have its turn until then', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 80);
    const endless = written({ length: Infinity, choose: greedy(), signal: controller.signal });
    await expect(endless).rejects.toThrow('enough');
  });

  it('leaves nothing behind, also when it is abandoned', async () => {
    const backend = getBackend() as Backend & { memory(): { readonly buffers: number } };
    const cell = model();
    const before = backend.memory().buffers;
    let left = 10;
    for await (const _ of generate({ cell, prompt: [1], choose: greedy() })) if (--left === 0) break;
    expect(backend.memory().buffers).toBe(before);
  });

  it('refuses an empty prompt and a length below 0', async () => {
    await expect(written({ prompt: [], choose: greedy() })).rejects.toThrow(/the prompt is empty/);
    await expect(written({ length: -1, choose: greedy() })).rejects.toThrow(/the length is -1/);
  });
});
