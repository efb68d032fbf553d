/** A table of a page. */
export interface PageTable {
  /** The heading that it stands under. */
  readonly section: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** When, on what and by which command figures came to be. */
export interface Provenance {
  readonly section: string;
  readonly date: string;
  /** `2 cores, linux on x64, Node 24.21.0` */
  readonly machine: string;
  readonly command: string;
  /** `seed 1`, where the section says it. */
  readonly seed: string | undefined;
}

/** A page of Markdown, as the figures in it. */
export class Page {
  /** Under `docs`. */
  readonly path: string;
  readonly title: string;
  readonly text: string;
  readonly tables: readonly PageTable[];
  readonly provenances: readonly Provenance[];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.title = /^# (.*)$/m.exec(text)?.[1] ?? path;
    const sections = sectionsOf(text);
    this.tables = sections.flatMap(({ heading, body }) => tablesOf(heading, body));
    this.provenances = sections.flatMap(({ heading, body }) => provenanceOf(heading, body));
  }

  /** The tables with these columns, perhaps among others. */
  tablesWith(...columns: readonly string[]): readonly PageTable[] {
    const found = this.tables.filter(({ header }) => columns.every((column) => header.includes(column)));
    if (found.length > 0) return found;
    throw new Error(`docs/${this.path} has no table with the columns ${columns.join(', ')}.`);
  }

  /** The first of them. */
  tableWith(...columns: readonly string[]): PageTable {
    return this.tablesWith(...columns)[0]!;
  }

  /** What the group of a pattern catches in the text. */
  find(pattern: RegExp): string {
    const found = pattern.exec(this.text)?.[1];
    if (found !== undefined) return found;
    throw new Error(`docs/${this.path} says nothing like ${pattern.source}.`);
  }
}

/** The cell of a row in the column of this name. */
export function cell({ header }: PageTable, row: readonly string[], column: string): string {
  const found = row[header.indexOf(column)];
  if (found !== undefined) return found;
  throw new Error(`There is no column ${column} in ${header.join(' | ')}.`);
}

/** The row whose first cell is this. */
export function rowOf({ rows, section }: PageTable, name: string): readonly string[] {
  const found = rows.find(([first]) => first?.replaceAll('*', '') === name);
  if (found) return found;
  throw new Error(`There is no row ${name} in the table of ${section}.`);
}

function sectionsOf(text: string): readonly { readonly heading: string; readonly body: string }[] {
  const [before = '', ...rest] = text.split(/^## /m);
  const first = { heading: '', body: before };
  return [first, ...rest.map((part) => ({ heading: part.split('\n', 1)[0]!, body: part.slice(part.indexOf('\n')) }))];
}

function tablesOf(section: string, body: string): readonly PageTable[] {
  const found = body.match(/(?:^\|.*\n?)+/gm) ?? [];
  return found.map((lines) => {
    const [header = [], , ...rows] = lines.trim().split('\n').map(cellsOf);
    return { section, header, rows };
  });
}

function cellsOf(line: string): readonly string[] {
  return line
    .replace(/^\|/, '')
    .replace(/\|\s*$/, '')
    .split(/(?<!\\)\|/)
    .map((each) => each.trim());
}

function provenanceOf(section: string, body: string): readonly Provenance[] {
  const paragraphs = body.split(/\n{2,}/).map((each) => each.replaceAll(/\s+/g, ' ').trim());
  return paragraphs.flatMap((paragraph) => {
    const found = /^(\d{4}-\d\d-\d\d)[,;] (.*?)[.:;]? Again: `([^`]+)`/.exec(paragraph);
    const [, date = '', about = '', command = ''] = found ?? [];
    // What follows a colon is about the figures.
    const machine = about.replace(/: .*$/, '');
    const seed = /Each side is (seed \d+)/.exec(body)?.[1];
    return found ? [{ section, date, machine, command, seed }] : [];
  });
}
