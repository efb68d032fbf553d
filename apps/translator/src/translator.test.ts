import { wasm } from '@unroll/backend-wasm';
import { encodeModel } from '@unroll/io';
import { Rng, setBackend, tensor } from '@unroll/tensor';
import { Budget } from '@unroll/app-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { TOYS, untrained } from '../test/models.ts';
import { alignmentSvg, alignmentText } from './alignment.ts';
import { ATTENTIONS, type AttentionName, CELLS, type CellName, type Translator } from './config.ts';
import { evaluate } from './evaluate.ts';
import { decodeTranslator, describeTranslator, encodeTranslator } from './model-file.ts';
import { train } from './train.ts';
import { translate } from './translate.ts';

beforeAll(async () => setBackend(await wasm()));

const texts = ['abc', 'cabab', 'b'];
const names = <Name extends string>(table: { readonly [name in Name]: unknown }): readonly Name[] =>
  Object.keys(table) as Name[];

describe.each(names(ATTENTIONS))('with attention %s', (attention: AttentionName) => {
  it.each(names(CELLS))('a file of %s cells gives back a model that translates the same', async (cell: CellName) => {
    const translator = untrained({ attention, cell, layers: 2, dropout: 0.3 });
    const restored = decodeTranslator(await encodeTranslator(translator));
    expect(restored.config).toEqual(translator.config);
    const options = { texts, maxLength: 5 };
    expect(await translate({ ...options, translator: restored })).toEqual(await translate({ ...options, translator }));
  });

  it('translations do not depend on what else is in the batch', async () => {
    const translator = untrained({ attention });
    const together = await translate({ translator, texts, maxLength: 5 });
    const alone = await translate({ translator, texts, maxLength: 5, batch: 1 });
    expect(together.map(({ source }) => source)).toEqual(texts);
    expect(together.map(({ text }) => text)).toEqual(alone.map(({ text }) => text));
  });
});

describe('a tied decoder', () => {
  it('has one table for what it reads and writes, in memory and in a file', async () => {
    const tied = untrained({ tied: true, embeddingSize: 10 });
    const { embedding, output } = tied.model.decoder;
    expect(output.weight).toBe(embedding.weight);
    expect(output.inputSize).toBe(10);
    const restored = decodeTranslator(await encodeTranslator(tied));
    expect(restored.model.decoder.output.weight).toBe(restored.model.decoder.embedding.weight);
    const options = { texts, maxLength: 5 };
    expect(await translate({ ...options, translator: restored })).toEqual(
      await translate({ ...options, translator: tied }),
    );
  });

  it('without attention needs embeddings as wide as it is', () => {
    expect(() => untrained({ tied: true, attention: 'none', hiddenSize: 8, embeddingSize: 15 })).toThrow('16, not 15');
    expect(untrained({ tied: true, attention: 'none', hiddenSize: 8, embeddingSize: 16 }).config.tied).toBe(true);
  });
});

it('the symbol of unknown tokens is not written unless it may be', async () => {
  const translator = untrained();
  const { output } = translator.model.decoder;
  const { unkId, size } = translator.target;
  // Whatever is read, it is the likeliest.
  output.bias!.value = tensor(Float32Array.from({ length: size }, (_, id) => (id === unkId ? 100 : 0)));
  const [usual] = await translate({ translator, texts: ['abc'], maxLength: 4 });
  const [free] = await translate({ translator, texts: ['abc'], maxLength: 4, constraints: [] });
  expect(usual!.text).not.toContain('<unk>');
  expect(free!.text).toBe('<unk> <unk> <unk> <unk>');
});

describe('a trained translator', () => {
  let translator: Translator;
  const losses: number[] = [];

  beforeAll(async () => {
    translator = untrained({ hiddenSize: 24, embeddingSize: 16 });
    const run = train({
      translator,
      pairs: TOYS,
      batch: 20,
      budget: new Budget({ steps: 300 }),
      learningRate: 0.02,
      clipNorm: 1,
      rng: new Rng(1),
    });
    for await (const event of run) if (event.type === 'step') losses.push(event.loss);
  });

  it('has learned its pairs', async () => {
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 10);
    const result = await evaluate({ translator, pairs: TOYS });
    expect(result.exactMatch).toBe(1);
    expect(result.bleu.signature).toContain('tok:13a');
    expect(result.chrf.score).toBeCloseTo(100);
    expect(result.perplexity).toBeLessThan(1.1);
  });

  it('looks at each symbol when it writes it, from the end to the start', async () => {
    const [{ alignment, text }] = (await translate({ translator, texts: ['adc'] })) as [
      Awaited<ReturnType<typeof translate>>[number],
    ];
    expect(text).toBe('c d a');
    expect(alignment!.sourceTokens).toEqual(['a', 'd', 'c', '∎']);
    expect(alignment!.targetTokens).toEqual(['c', 'd', 'a', '∎']);
    const { rows, columns, data } = alignment!.weights;
    for (let row = 0; row < rows; row++) {
      const weights = Array.from({ length: columns }, (_, column) => data[row * columns + column]!);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1);
    }
    const svg = alignmentSvg(alignment!, 'adc → c d a');
    expect(svg).toMatch(/^<svg/u);
    expect(svg).toContain('adc → c d a');
    const lines = alignmentText(alignment!, {}).trimEnd().split('\n');
    expect(lines).toHaveLength(rows + 1);
    expect(lines.at(-1)!.trim()).toBe('adc∎');
    expect(alignmentText(alignment!, { colorDepth: 24 }).trimEnd().split('\n')).toHaveLength(rows + 1);
  });

  it('ends a search and a judgement with the reason of a signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(translate({ translator, texts, signal })).rejects.toThrow('enough');
    await expect(evaluate({ translator, pairs: TOYS, signal })).rejects.toThrow('enough');
  });
});

describe('a model file', () => {
  it.each([
    [{ kind: 'tagger' }, 'is of the kind "tagger"; a translator model is needed'],
    [{ version: 2 }, 'has the version 2'],
    [{ attention: 'hard' }, 'attention is "hard" and not one of additive, dot, general, none'],
    [{ hiddenSize: 0 }, 'hiddenSize is 0'],
    [{ dropout: 2 }, 'dropout is 2'],
    [{ from: 3 }, 'from is 3'],
    [{ tied: 'yes' }, 'tied is "yes" and not true or false'],
    [{ source: {} }, 'tokens of the translator model are damaged'],
  ])('with %j is refused', async (wrong, message) => {
    const translator = untrained();
    const bytes = await encodeModel({
      model: translator.model,
      config: { ...describeTranslator(translator), ...wrong },
    });
    expect(() => decodeTranslator(bytes)).toThrow(message);
  });

  it('whose numbers are of another size is refused', async () => {
    const bytes = await encodeModel({
      model: untrained().model,
      config: describeTranslator(untrained({ hiddenSize: 9 })),
    });
    expect(() => decodeTranslator(bytes)).toThrow('shape');
  });
});

it('there is nothing to say of no pairs', async () => {
  await expect(evaluate({ translator: untrained(), pairs: [] })).rejects.toThrow('no pairs');
});
