import { decode } from './decode.ts';
import { ReaderError } from './reader-error.ts';
import { type TextOptions, type TextSource, nameOf } from './source.ts';

/** Some lines of a text, in order. */
export interface LineBlock {
  readonly lines: readonly string[];
  /** The number of the first one, from 1. */
  readonly first: number;
}

// A text without line ends would otherwise fill the memory before anything is wrong.
const LONGEST_LINE = 2 ** 26;

/**
 * The lines of a text, many at a time, as pieces of the source bring them: a `for await` over single lines costs more than most readers.
 * A line ends in \n or \r\n, which are left out; a last line need not.
 */
export async function* lineBlocks(
  source: TextSource,
  options: TextOptions,
): AsyncGenerator<LineBlock, void, undefined> {
  let first = 1;
  let begun = '';
  for await (const piece of decode(source, options)) {
    const end = piece.lastIndexOf('\n');
    if (end < 0) {
      begun += piece;
      if (begun.length <= LONGEST_LINE) continue;
      throw new ReaderError({
        file: nameOf(source, options),
        line: first,
        message: `the line has more than ${LONGEST_LINE} characters. Is this a text with line ends? readText takes any.`,
      });
    }
    const lines = (begun + piece.slice(0, end)).split('\n').map(withoutReturn);
    begun = piece.slice(end + 1);
    yield { lines, first };
    first += lines.length;
  }
  if (begun !== '') yield { lines: [withoutReturn(begun)], first };
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

export interface ReadLinesOptions extends TextOptions {
  /** What is done to each line, say `textNormalizer({ lowercase: true })`. Default: nothing. */
  readonly normalize?: (line: string) => string;
}

/**
 * The lines of a text one by one, without their line ends (\n or \r\n). Memory holds one piece of the source.
 * @throws ReaderError for bytes that are no text in the encoding
 */
export async function* readLines(
  source: TextSource,
  { normalize, ...options }: ReadLinesOptions = {},
): AsyncGenerator<string, void, undefined> {
  for await (const { lines } of lineBlocks(source, options)) yield* normalize ? lines.map(normalize) : lines;
}

/**
 * A text in pieces of some length, for models of characters; \r\n becomes \n. Memory holds one piece of the source, lines or no lines.
 * @throws ReaderError for bytes that are no text in the encoding
 */
export async function* readText(
  source: TextSource,
  options: TextOptions = {},
): AsyncGenerator<string, void, undefined> {
  let held = '';
  for await (const piece of decode(source, options)) {
    const text = held + piece;
    // The \n of a \r\n may be in the next piece.
    held = text.endsWith('\r') ? '\r' : '';
    const whole = (held === '' ? text : text.slice(0, -1)).replaceAll('\r\n', '\n');
    if (whole !== '') yield whole;
  }
  if (held !== '') yield held;
}

/** Lines between blank ones. */
export interface Paragraph {
  readonly lines: readonly string[];
  /** The number of its first line, from 1. */
  readonly first: number;
}

/** The groups of lines that blank lines set apart; a line of white space alone is blank. */
export async function* paragraphs(
  source: TextSource,
  options: TextOptions,
): AsyncGenerator<Paragraph, void, undefined> {
  let lines: string[] = [];
  let first = 1;
  for await (const block of lineBlocks(source, options)) {
    for (const [i, line] of block.lines.entries()) {
      if (line !== '' && line.trim() !== '') {
        if (lines.length === 0) first = block.first + i;
        lines.push(line);
      } else if (lines.length > 0) {
        yield { lines, first };
        lines = [];
      }
    }
  }
  if (lines.length > 0) yield { lines, first };
}
