import { facts, pageOf, pictures } from '@unroll/app-kit/cli';
import { alignmentSvg } from '../alignment.ts';
import type { Translation } from '../translate.ts';

/** A page that shows for each translation where the model looked. */
export function alignmentPage(translations: readonly Translation[]): string {
  const drawn = translations.flatMap(({ source, text, logProbability, alignment }) =>
    alignment
      ? [
          {
            title: source,
            svg: alignmentSvg(alignment, text),
            caption: `log p = ${logProbability.toFixed(3)}`,
          },
        ]
      : [],
  );
  const sections = [
    ...(drawn.length > 0 ? [pictures('Alignments', drawn)] : []),
    facts(
      'Translations',
      translations.filter(({ text }) => text !== '').map(({ source, text }) => [source, text]),
    ),
  ];
  return pageOf({
    title: 'Where the translator looked',
    lead: 'Down: the tokens that it wrote. Across: the tokens that it read. Bright: how much of its attention a token got.',
    sections,
  });
}
