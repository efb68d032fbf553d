import { cpu } from '@unroll/backend-cpu';
import { BIOES, collect } from '@unroll/data';
import { describe, expect, it } from 'vitest';
import { sentences } from '../test/taggers.ts';
import { inScheme, readTagColumns, readUpos } from './read-sentences.ts';
import { DEFAULT_CONFIG } from './config.ts';
import { buildTagger } from './tagger-model.ts';
import { vectorVocabularies } from './word-vectors.ts';
import { Rng, setBackend } from '@unroll/tensor';
import { schemeOf } from './scheme.ts';
import { sentencesOf } from './segment.ts';

describe('schemeOf', () => {
  it('knows parts of spans from other tags', () => {
    expect(schemeOf(['O', 'B-PER', 'I-PER'])?.name).toBe('BIO');
    expect(schemeOf(['O', 'S-PER', 'B-LOC', 'E-LOC'])?.name).toBe('BIOES');
    expect(schemeOf(['NOUN', 'VERB'])).toBeUndefined();
    expect(schemeOf(['O'])).toBeUndefined();
  });
});

describe('readers', () => {
  it('take the words of CoNLL-U, without ranges and empty nodes', async () => {
    const rest = '_\t_\t_\t_\t_\t_';
    const file = `# text = can't\n1-2\tcan't\t_\t_\t${rest}\n1\tca\tcan\tAUX\t${rest}\n2\tn't\tnot\tPART\t${rest}\n2.1\tx\t_\tX\t${rest}\n\n`;
    expect(await collect(readUpos(file))).toEqual(sentences("ca/AUX n't/PART"));
  });

  it('say which word of CoNLL-U has no tag', async () => {
    const file = `1\tdog\t_\t_\t_\t_\t_\t_\t_\t_\n\n`;
    await expect(collect(readUpos(file, { file: 'a.conllu' }))).rejects.toThrow(
      'a.conllu:1: in this sentence the word "dog" has no part of speech',
    );
  });

  it('take words and tags from any columns', async () => {
    const file = 'NNP Ada x B-PER\nVBD wrote y O\n\nNN it z O\n';
    const options = { wordColumn: 2, tagColumn: -1, columns: 4, separator: ' ' };
    expect(await collect(readTagColumns(file, options))).toEqual(sentences('Ada/B-PER wrote/O', 'it/O'));
  });

  it('say where a word or a tag is empty', async () => {
    const options = { wordColumn: 1, tagColumn: -1, columns: 2, file: 'a.conll' };
    await expect(collect(readTagColumns('Ada\tX\n\nit\tO\nis\t\n', options))).rejects.toThrow(
      'a.conll:3: in this sentence the word 2 ("is") has the tag "": neither may be empty.',
    );
    await expect(collect(readTagColumns('\tX\n', options))).rejects.toThrow('the word 1 ("") has the tag "X"');
  });

  it('mend spans that begin with I, write them in another scheme, and leave other tags alone', () => {
    expect(inScheme(sentences('Ada/I-PER Byron/I-PER wrote/O'))).toEqual(sentences('Ada/B-PER Byron/I-PER wrote/O'));
    expect(inScheme(sentences('Ada/I-PER Byron/I-PER wrote/O they/O Ada/B-PER'), BIOES)).toEqual(
      sentences('Ada/B-PER Byron/E-PER wrote/O they/O Ada/S-PER'),
    );
    const plain = sentences('dogs/NOUN bark/VERB');
    expect(inScheme(plain)).toBe(plain);
  });
});

describe('word vectors', () => {
  const TEXT = '3 2\nthe 1 2\nada 3 4\nrare 5 6\n';
  const DATA = sentences('Ada/X met/X Ada/X rare/X odd/X met/X');

  it('make the words of the file known that stand at its top or in the data', async () => {
    const { vocabularies, vectors, found } = await vectorVocabularies(DATA, {
      source: TEXT,
      top: 1,
      rng: new Rng(1),
    });
    const { words } = vocabularies;
    expect(['the', 'ada', 'rare', 'met', 'odd'].map((word) => words.has(word))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect([vectors.shape, found]).toEqual([[words.size, 2], 2]);
    const row = (id: number): readonly number[] => [...vectors.slice(0, id, 1).dataSync()];
    expect([row(words.idOf('ada')), row(words.idOf('rare')), row(words.padId)]).toEqual([
      [3, 4],
      [5, 6],
      [0, 0],
    ]);
  });

  it('are what the model begins with', async () => {
    const { vocabularies, vectors } = await vectorVocabularies(DATA, { source: TEXT, top: 0, rng: new Rng(1) });
    const config = { ...DEFAULT_CONFIG, wordEmbedding: 2 };
    const { model } = buildTagger({ config, vocabularies, rng: new Rng(2), wordVectors: vectors });
    expect(await model.wordEmbedding.weight.value.data()).toEqual(await vectors.data());
  });

  it('leave nothing in memory but themselves', async () => {
    const backend = cpu();
    setBackend(backend);
    await vectorVocabularies(DATA, { source: TEXT, top: 1, rng: new Rng(1) });
    expect(backend.memory().buffers).toBe(1);
  });

  it('that are none are refused, with the line', async () => {
    const options = { source: 'ada 1 2\nmet 1\n', top: 5, rng: new Rng(1) };
    await expect(vectorVocabularies(DATA, options)).rejects.toThrow(':2: 1 numbers instead of 2');
  });
});

describe('a text', () => {
  it('is divided into sentences, words and marks', () => {
    expect(sentencesOf("They can't. Light it!\r\n\nÉté à Zürich")).toEqual([
      ['They', "can't", '.'],
      ['Light', 'it', '!'],
      ['Été', 'à', 'Zürich'],
    ]);
  });
});
