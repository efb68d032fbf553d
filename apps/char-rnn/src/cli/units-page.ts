import { type Html, facts, html, pageOf, tableOf } from '@unroll/app-kit/cli';
import { blueWhiteRed, heatMapsSvg } from '@unroll/inspect';
import { coloredText } from './colored-text.ts';
import type { Followers } from '../units/follow.ts';

/** A unit, to be drawn over a text. */
export interface ShownUnit {
  readonly name: string;
  readonly meaning: string;
  readonly correlation: number;
  /** Per character: how far from what is usual, 1 is two standard deviations. */
  readonly values: ArrayLike<number>;
}

export interface UnitsPageOptions {
  readonly model: string;
  /** What the correlations are over. */
  readonly over: string;
  readonly followers: readonly Followers[];
  readonly characters: readonly string[];
  readonly shown: readonly ShownUnit[];
}

/** Which units follow what, and how they do it over a text, as a page in one file. */
export function unitsPage({ model, over, followers, characters, shown }: UnitsPageOptions): string {
  const rows = followers.flatMap(({ feature, units }) =>
    units.map((unit, i) => [
      i === 0 ? feature.name : '',
      i === 0 ? feature.meaning : '',
      nameOfUnit(unit),
      unit.correlation.toFixed(2),
    ]),
  );
  const absent = followers.filter(({ units }) => units.length === 0).map(({ feature }) => feature);
  const drawn = shown.map(({ name, meaning, correlation, values }): Html => {
    const note = `${meaning}, r = ${correlation.toFixed(2)}`;
    return html`<h3>${name}</h3>
      <p class="soft">${note}</p>
      <pre>${coloredText(characters, values)}</pre>`;
  });
  return pageOf({
    title: `What the units of ${model} follow`,
    lead: 'Red: after this character the unit is higher than it usually is, by two standard deviations or more. Blue: lower. White: as usual.',
    sections: [
      html`<section>
        <h2>Over the text</h2>
        ${drawn}
      </section>`,
      tableOf(`Correlations over ${over}`, ['Feature', 'What it is', 'Unit', 'r'], rows),
      ...(absent.length === 0
        ? []
        : [
            facts(
              'Not to be told: always the same in half of that text',
              absent.map((each) => [each.name, each.meaning]),
            ),
          ]),
    ],
  });
}

/** The same units as strips of a picture. */
export function unitsPicture(characters: readonly string[], shown: readonly ShownUnit[]): string {
  return heatMapsSvg({
    title: 'Units over a text: red higher than usual, blue lower',
    panels: shown.map(({ name, meaning, values }) => ({
      title: `${name} (${meaning})`,
      matrix: { rows: 1, columns: characters.length, data: values },
      range: [-1, 1],
      palette: blueWhiteRed,
    })),
    columnLabels: characters.map((character) => (character === '\n' ? '↵' : character)),
    xTitle: '',
  });
}

/** `layer 1 h, unit 17`. */
export function nameOfUnit({ series, unit }: { readonly series: string; readonly unit: number }): string {
  return `${series}, unit ${unit}`;
}
