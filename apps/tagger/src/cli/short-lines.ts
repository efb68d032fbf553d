import { type TextOptions, type TextSource, readText } from '@unroll/data';

/** Characters. Only what was not written for people has longer lines. */
const LONGEST = 65_536;

/**
 * The lines of a text, those that end in each piece of the source together, so that what was typed or sent is answered at once. An endless line
 * comes in pieces, cut after a sentence or between words where there are any. Memory holds one piece of the source and one line.
 * @throws ReaderError for bytes that are no text in the encoding
 */
export async function* shortLines(
  source: TextSource,
  options: TextOptions,
): AsyncGenerator<readonly string[], void, undefined> {
  let held = '';
  for await (const piece of readText(source, options)) {
    const lines = (held + piece).split('\n').flatMap((line) => [...cut(line)]);
    held = lines.pop()!;
    if (lines.length > 0) yield lines;
  }
  if (held !== '') yield [held];
}

/** One piece at least. */
function* cut(line: string): Generator<string, void, undefined> {
  let rest = line;
  while (rest.length > LONGEST) {
    const end = endOfPiece(rest);
    yield rest.slice(0, end);
    rest = rest.slice(end);
  }
  yield rest;
}

function endOfPiece(line: string): number {
  const head = line.slice(0, LONGEST);
  const sentence = Math.max(...['. ', '! ', '? '].map((end) => head.lastIndexOf(end)));
  if (sentence > 0) return sentence + 2;
  const word = head.lastIndexOf(' ');
  if (word > 0) return word + 1;
  // Not within a character of two units.
  return /[\uD800-\uDBFF]$/.test(head) ? LONGEST - 1 : LONGEST;
}
