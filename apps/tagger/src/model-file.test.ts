import { encodeModel } from '@unroll/io';
import { describe, expect, it } from 'vitest';
import { NAMES, untrained } from '../test/taggers.ts';
import { decodeTagger, describeTagger, encodeTagger } from './model-file.ts';
import { tag } from './tag.ts';

const sentences = NAMES.map(({ words }) => words);

describe('a model file', () => {
  it.each(['softmax', 'crf'] as const)('with %s holds all that is needed to tag the same again', async (output) => {
    const tagger = untrained({ output });
    const again = decodeTagger(await encodeTagger(tagger));
    expect(again.config).toEqual(tagger.config);
    expect(await tag({ ...again, sentences })).toEqual(await tag({ ...tagger, sentences }));
  });

  it.each([
    ['another kind', { kind: 'char-rnn' }, 'is of the kind "char-rnn"; a tagger model is needed'],
    ['no kind', { kind: undefined }, 'says nothing of its kind'],
    ['a later version', { version: 2 }, 'Update @unroll/tagger'],
    ['a wrong size', { hidden: 1e9 }, 'hidden is 1000000000 and not an integer'],
    ['a wrong word', { output: 'hmm' }, 'output is "hmm" and not one of softmax, crf'],
    ['a wrong share', { dropout: 2 }, 'dropout is 2 and not a number from 0 to 1'],
    ['no vocabularies', { vocabularies: null }, 'vocabulary'],
  ])('of %s is refused, and told why', async (_, wrong, message) => {
    const tagger = untrained();
    const bytes = await encodeModel({ model: tagger.model, config: { ...describeTagger(tagger), ...wrong } });
    expect(() => decodeTagger(bytes)).toThrow(message);
  });
});
