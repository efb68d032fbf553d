import { type Html, html, trusted } from './html.ts';
import { PAGE_STYLE } from './page-style.ts';

/** A picture of a report. */
export interface Picture {
  readonly title: string;
  /** Whole `<svg>`, in which all texts are escaped: what `@unroll/inspect` draws. Its colours follow the page where they are that package's. */
  readonly svg: string;
  /** What is to be seen. */
  readonly caption?: string;
  /** As wide as the page, as diagrams are; else as it is drawn, and the page scrolls it. Default false. */
  readonly fits?: boolean;
}

export interface PageOptions {
  readonly title: string;
  /** Below the title. */
  readonly lead: string;
  readonly sections: readonly Html[];
}

/**
 * A whole page in one file: no scripts, and nothing is fetched, which its content policy forbids too. In the light or in the dark, as the reader's
 * system is.
 */
export function pageOf({ title, lead, sections }: PageOptions): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <style>
          ${trusted(PAGE_STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p class="lead">${lead}</p>
          ${sections}
        </main>
      </body>
    </html>`;
  return `${page.source}\n`;
}

/** Few numbers that matter most, large. */
export function tiles(entries: readonly (readonly [name: string, value: string])[]): Html {
  return html`<dl class="tiles">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Names and values. */
export function facts(title: string, entries: readonly (readonly [name: string, value: string])[]): Html {
  return html`<section>
    <h2>${title}</h2>
    <div class="wide">
      <table>
        ${entries.map(
          ([name, value]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${value}</td>
            </tr>`,
        )}
      </table>
    </div>
  </section>`;
}

/** A table with a heading for each column; numbers stand at the right. */
export function tableOf(
  title: string,
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): Html {
  const classOf = (isRight: boolean): string => (isRight ? 'number' : '');
  const place = (value: string | number): Html => html`<td class="${classOf(isNumber(value))}">${value}</td>`;
  // A title stands where its numbers stand.
  const titled = (name: string, column: number): Html =>
    html`<th scope="col" class="${classOf(rows.length > 0 && rows.every((row) => isNumber(row[column] ?? '')))}">
      ${name}
    </th>`;
  return html`<section>
    <h2>${title}</h2>
    <div class="wide">
      <table>
        <tr>
          ${header.map(titled)}
        </tr>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(place)}
            </tr>`,
        )}
      </table>
    </div>
  </section>`;
}

/** `0.5`, `−1`, `3,747`, `97.12 %`. */
function isNumber(value: string | number): boolean {
  return typeof value === 'number' || /^[−-]?\d[\d,]*(\.\d+)?( %)?$/.test(value);
}

/** Pictures, one below the other. */
export function pictures(title: string, all: readonly Picture[]): Html {
  return html`<section>
    <h2>${title}</h2>
    ${all.map(
      ({ title: name, svg, caption, fits }) =>
        html`<figure>
          <h3>${name}</h3>
          <div class="${fits === true ? 'picture fits' : 'picture'}">${trusted(svg)}</div>
          ${caption === undefined ? [] : [html`<figcaption>${caption}</figcaption>`]}
        </figure>`,
    )}
  </section>`;
}

/** Texts as they were written. (A page shows no line end right after `<pre>`.) */
export function passages(title: string, all: readonly (readonly [name: string, text: string])[]): Html {
  return html`<section>
    <h2>${title}</h2>
    ${all.map(
      ([name, text]) =>
        html`<h3>${name}</h3>
          <pre>${text.startsWith('\n') ? '\n' : ''}${text}</pre>`,
    )}
  </section>`;
}
