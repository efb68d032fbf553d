import { collect } from '@unroll/data';
import { describe, expect, it } from 'vitest';
import { sentences } from '../test/taggers.ts';
import { mended, readTagColumns, readUpos } from './read-sentences.ts';
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

  it('mend spans that begin with I, and leave other tags alone', () => {
    expect(mended(sentences('Ada/I-PER Byron/I-PER wrote/O'))).toEqual(sentences('Ada/B-PER Byron/I-PER wrote/O'));
    const plain = sentences('dogs/NOUN bark/VERB');
    expect(mended(plain)).toBe(plain);
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
