import { ReaderError } from '../text/reader-error.ts';
import { lineBlocks } from '../text/lines.ts';
import { type TextOptions, type TextSource, nameOf } from '../text/source.ts';

/** Whole records of a CSV file. */
export interface RecordBlock {
  readonly text: string;
  /** The number of its first line, from 1. */
  readonly first: number;
}

// A quote that nobody closed would otherwise take in the rest of the file.
const LONGEST_RECORD = 2 ** 24;

/**
 * Cuts a CSV text between records, so that a parser of strings sees whole ones: a line end is one where the number of quotes so far is
 * even, since a quote inside of quotes is doubled. Line ends inside of fields become \n.
 */
export async function* recordBlocks(
  source: TextSource,
  options: TextOptions,
): AsyncGenerator<RecordBlock, void, undefined> {
  let open: string[] = [];
  let openFirst = 1;
  let length = 0;
  const refuse = (message: string): ReaderError =>
    new ReaderError({ file: nameOf(source, options), line: openFirst, message });
  for await (const { lines, first } of lineBlocks(source, options)) {
    const whole: string[] = [];
    const start = open.length > 0 ? openFirst : first;
    for (const [i, line] of lines.entries()) {
      if (open.length === 0) openFirst = first + i;
      open.push(line);
      length += line.length;
      const even = countQuotes(line) % 2 === 0;
      if (even === (open.length === 1)) {
        whole.push(...open);
        [open, length] = [[], 0];
      } else if (length > LONGEST_RECORD) {
        throw refuse('the record that begins here has no end. Is a quote missing?');
      }
    }
    if (whole.length > 0) yield { text: whole.join('\n'), first: start };
  }
  if (open.length > 0) throw refuse('a quote is opened in this record and never closed.');
}

function countQuotes(line: string): number {
  let count = 0;
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) count++;
  return count;
}
