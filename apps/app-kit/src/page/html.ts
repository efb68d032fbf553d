/** HTML that may stand in a page as it is. `html` and `trusted` make it. */
export class Html {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** What a template may hold: texts and numbers, which are escaped, and HTML, which is not. */
export type HtmlValue = string | number | Html | readonly Html[];

/** A template that escapes what is put into it: html`<p>${text}</p>`. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.reduce((all, string, i) => all + sourceOf(values[i - 1]!) + string));
}

/** Source that this program wrote, in which every text of others is escaped already: an SVG. */
export function trusted(source: string): Html {
  return new Html(source);
}

/** A text as it stands in HTML, also in attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function sourceOf(value: HtmlValue): string {
  if (value instanceof Html) return value.source;
  if (typeof value === 'object') return value.map(({ source }) => source).join('\n');
  return escapeHtml(String(value));
}
