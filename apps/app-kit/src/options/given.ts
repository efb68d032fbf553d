/** Option texts by name, as a run saves them. */
export type Texts = Readonly<Record<string, string>>;

/** The place of an option in a settings file; line and column from 1. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where an option was given: on the command line, in a settings file, or nowhere now: the run has it from its beginning, or as usual. */
export type Source = 'command line' | 'run' | FilePlace;

export interface GivenText {
  readonly text: string;
  readonly from: Source;
}

/** Options by name as they were given, and where. What is not in it is as usual. */
export type Given = Readonly<Record<string, GivenText>>;

/** Texts that come from one place. */
export function givenBy(texts: Texts, from: Source = 'command line'): Given {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { text, from }]));
}

export function textsOf(given: Given): Texts {
  return Object.fromEntries(Object.entries(given).map(([name, { text }]) => [name, text]));
}

/** Names of options as they stand where this one was given: `--hidden`, or `"hidden"` in a file. */
export function namedAt(from: Source, name: string): string {
  return typeof from === 'object' ? `"${name}"` : `--${name}`;
}

/** What is wrong, with its place where that is a file: `settings.jsonc:3:5: …`. */
export function toldAt(from: Source, message: string): string {
  return typeof from === 'object' ? `${from.file}:${from.line}:${from.column}: ${message}` : message;
}
