import { confusionMatrix } from '@unroll/metrics';
import { describe, expect, it } from 'vitest';
import { untrained } from '../test/taggers.ts';
import { confusionSvg, probabilitiesSvg } from './pictures.ts';
import { tag } from './tag.ts';

describe('pictures', () => {
  it('of confusions name short tags at both sides, and number long ones', () => {
    const short = confusionSvg(confusionMatrix(['A', 'B'], ['A', 'A']), 'Title');
    expect(short.match(/>A</g)?.length).toBe(2);
    const long = confusionSvg(confusionMatrix(['B-location', 'O'], ['B-location', 'B-location']), 'Title');
    expect(long).toMatch(/>B-location {2}1<[^]*>1<[^]*>2</);
  });

  it('of probabilities leave tags out that no word has', async () => {
    const { model, vocabularies } = untrained();
    const [prediction] = await tag({ model, vocabularies, sentences: [['Ada', 'wrote']] });
    const certain = {
      ...prediction!,
      probabilities: [0, 1].map((word) => vocabularyRow(vocabularies.tags.size, word)),
    };
    const svg = probabilitiesSvg({ here: certain }, vocabularies, 'Title');
    const [first, second, third] = [0, 1, 2].map((id) => `>${vocabularies.tags.tokenOf(id)}<`);
    expect(svg).toContain(first);
    expect(svg).toContain(second);
    expect(svg).not.toContain(third);
    expect(svg).toMatch(/>Ada<[^]*>wrote</);
  });
});

function vocabularyRow(size: number, certain: number): readonly number[] {
  return Array.from({ length: size }, (_, id) => (id === certain ? 1 : 0));
}
