import { readText } from '@unroll/data';
import { fileSource } from '@unroll/data/node';
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { fileError } from '../files/file-error.ts';
import { type Option, type Options, path } from '../options/kinds.ts';
import { nearest } from '../options/nearest.ts';
import type { Given } from '../options/given.ts';
import { UsageError } from '../usage-error.ts';
import { positionOf } from './positions.ts';

/** The option of a command that may read its options from a file. `runProgram` does the rest. */
export const configOption: Option<string | undefined> = path({
  hint: 'file',
  help: 'options as JSON, comments allowed: {"hidden": 256}; the command line goes before the file',
});

/**
 * Options from a file: an object in JSON with comments whose keys are the names of the options.
 * @throws UsageError for a file that can't be read, and for all that is wrong in it at once, each with its line and what would do
 */
export async function readConfigFile(file: string, options: Options): Promise<Given> {
  const text = await contentOf(file);
  const { found, problems } = parseConfig(text, options);
  if (problems.length === 0) {
    const places = Object.entries(found).map(([name, { text: value, offset }]) => {
      return [name, { text: value, from: { file, ...positionOf(text, offset) } }] as const;
    });
    return Object.fromEntries(places);
  }
  const lines = problems
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, message }) => {
      const { line, column } = positionOf(text, offset);
      return `${file}:${line}:${column}: ${message}`;
    });
  throw new UsageError(lines.join('\n'));
}

async function contentOf(file: string): Promise<string> {
  let text = '';
  try {
    for await (const piece of readText(fileSource(file))) text += piece;
  } catch (error) {
    throw fileError(file, error);
  }
  if (text.trim() === '') throw new UsageError(`${file} is empty. Give a JSON object: {"seed": 1}.`);
  return text;
}

interface Problem {
  readonly offset: number;
  readonly message: string;
}

interface Found {
  readonly text: string;
  /** Of its name. */
  readonly offset: number;
}

/** What an object in JSON with comments says of these options, and all that is wrong with it. */
export function parseConfig(
  text: string,
  options: Options,
): { readonly found: Readonly<Record<string, Found>>; readonly problems: readonly Problem[] } {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  if (errors.length > 0) {
    // One mistake makes others behind it.
    const [{ error, offset }] = errors as [ParseError];
    return {
      found: {},
      problems: [{ offset, message: `this is no JSON: ${SYNTAX[error] ?? printParseErrorCode(error)}.` }],
    };
  }
  if (root?.type !== 'object') {
    return { found: {}, problems: [{ offset: root?.offset ?? 0, message: 'give an object of options: {"seed": 1}.' }] };
  }
  const known = Object.fromEntries(Object.entries(options).filter(([, option]) => option !== configOption));
  const found: Record<string, Found> = {};
  const problems: Problem[] = [];
  for (const property of root.children ?? []) {
    const [key, value] = property.children as [Node, Node];
    const name = String(key.value);
    const option = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!option) {
      problems.push({ offset: key.offset, message: unknownKey(name, Object.keys(known)) });
    } else if (Object.hasOwn(found, name)) {
      problems.push({ offset: key.offset, message: `"${name}" stands twice. Leave one.` });
    } else {
      const refusal = refusalOf(value, option);
      found[name] = { text: String(value.value), offset: key.offset };
      if (refusal) problems.push({ offset: value.offset, message: `"${name}" is ${shown(value, text)}: ${refusal}.` });
    }
  }
  return { found, problems };
}

function unknownKey(name: string, known: readonly string[]): string {
  const bare = name
    .replace(/^--/, '')
    .replaceAll('_', '-')
    .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const guess = nearest(bare, known);
  const hint = guess === undefined ? `There are ${known.join(', ')}.` : `Did you mean "${guess}"?`;
  return `there is no option "${name}". ${hint}`;
}

/** What to give instead; undefined if the value will do. */
function refusalOf(value: Node, option: Option<unknown>): string | undefined {
  const right = { number: ['number'], boolean: ['boolean'], text: ['string'], word: ['string', 'number'] }[option.json];
  try {
    if (value.type === 'object' || value.type === 'array' || value.type === 'null') option.read('');
    else option.read(String(value.value));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // A flag tells of itself that it takes no value, which is so on the command line only.
    return option.json === 'boolean' ? 'give true or false' : error.message;
  }
  if (right.includes(value.type)) return undefined;
  if (option.json === 'number') return 'give a number, without quotes';
  return option.json === 'boolean' ? 'give true or false, without quotes' : 'give a text in quotes';
}

/** As it stands in the file. */
function shown({ offset, length }: Node, text: string): string {
  const source = text.slice(offset, offset + length).replaceAll(/\s+/g, ' ');
  return source.length > 40 ? `${source.slice(0, 39)}…` : source;
}

/** What jsonc-parser found, by its number. */
const SYNTAX: Readonly<Record<number, string>> = {
  1: 'this is nothing that JSON has; texts and names stand in "double quotes"',
  2: 'this is no number',
  3: 'the name of an option in "double quotes" is expected',
  4: 'a value is expected',
  5: 'a colon is expected',
  6: 'a comma is expected',
  7: 'a closing brace is expected',
  8: 'a closing bracket is expected',
  9: 'the end of the file is expected',
  11: 'the comment does not end',
  12: 'the text does not end; "double quotes" are missing',
  13: 'the number does not end',
  14: 'this is no \\uXXXX',
  15: 'JSON has no such escape after a backslash',
  16: 'this character must be escaped',
};
