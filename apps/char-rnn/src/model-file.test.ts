import { encodeModel } from '@unroll/io';
import { Rng, UnrollError, tensor } from '@unroll/tensor';
import { describe, expect, it } from 'vitest';
import { untrained } from '../test/models.ts';
import { describeCharRnn, decodeCharRnn, encodeCharRnn } from './model-file.ts';

describe('the model file', () => {
  it.each(['vanilla', 'lstm', 'gru'] as const)('gives back the same model (%s)', async (cell) => {
    const saved = untrained('Grüße, 世界 🎈\n', { cell, layers: 2, dropout: 0.25 });
    const loaded = decodeCharRnn(await encodeCharRnn(saved));
    expect(loaded.config).toEqual(saved.config);
    expect(loaded.vocabulary.toJSON()).toEqual(saved.vocabulary.toJSON());
    const tokens = tensor([[...saved.vocabulary.encode('世界 🎈 süß')]], { dtype: 'int32' });
    expect([...loaded.model.forward(tokens)[0].dataSync()]).toEqual([...saved.model.forward(tokens)[0].dataSync()]);
    expect(loaded.model.forward(tokens, { rng: new Rng(1) })[0].dataSync()).toEqual(
      saved.model.forward(tokens, { rng: new Rng(1) })[0].dataSync(),
    );
  });

  it('says what is wrong with another kind, another version, or a damaged configuration', async () => {
    const { model, ...rest } = untrained('abc');
    const described = describeCharRnn({ ...rest });
    const message = async (change: object): Promise<string> => {
      try {
        decodeCharRnn(await encodeModel({ model, config: { ...described, ...change } }));
      } catch (error) {
        expect(error).toBeInstanceOf(UnrollError);
        return (error as UnrollError).message;
      }
      return 'no error';
    };
    expect(await message({})).toBe('no error');
    expect(await message({ kind: 'tagger' })).toContain('is of the kind "tagger"');
    expect(await message({ kind: undefined })).toContain('says nothing of its kind');
    expect(await message({ version: 2 })).toContain('version 2; this release reads 1');
    expect(await message({ cell: 'toString' })).toContain('cell is "toString"');
    expect(await message({ layers: 1e9 })).toContain('layers is 1000000000');
    expect(await message({ hiddenSize: 1.5 })).toContain('hiddenSize is 1.5');
    expect(await message({ dropout: 'much' })).toContain('dropout is "much"');
    expect(await message({ vocabulary: [] })).toContain('no vocabulary');
    expect(await message({ hiddenSize: 9 })).toContain('does not fit the model');
  });
});
