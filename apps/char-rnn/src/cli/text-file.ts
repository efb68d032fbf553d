import { type DataIdentity, UsageError, checkRereadable, fileError } from '@unroll/app-kit/cli';
import { type TokenArray, TokenCounter, type Vocabulary, readText } from '@unroll/data';
import { fileSource } from '@unroll/data/node';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { defaultText } from '../default-text.ts';

/** A text to learn or to judge by, which is read from its file whenever it is needed: it may be larger than the memory for it. */
export interface Text {
  /** As the user gave it; undefined for the built-in text. */
  readonly path: string | undefined;
  /** By its name for people, its length, and its hash. */
  readonly identity: DataIdentity;
  /** How often each character occurs. */
  readonly counts: ReadonlyMap<string, number>;
  /** Whether it had \r\n or \r at the end of lines. */
  readonly hadCarriageReturns: boolean;
}

const CARRIAGE_RETURN = 0x0d;

/**
 * Reads through a UTF-8 file, or the built-in text. A byte order mark is dropped, and line ends become \n. Memory holds one piece of the file.
 * @throws UsageError if it is missing, a folder, empty, or not UTF-8
 */
export async function readThrough(path: string | undefined): Promise<Text> {
  if (path !== undefined) await checkRereadable(path);
  const counter = new TokenCounter();
  const hash = createHash('sha256');
  let length = 0;
  let hadCarriageReturns = false;
  for await (const piece of pieces(path, () => (hadCarriageReturns = true))) {
    counter.add(piece);
    hash.update(piece);
    length += piece.length;
  }
  if (path !== undefined && length === 0) throw new UsageError(`${path} is empty. Give a file with text.`);
  const identity = { name: nameOf(path), length, sha256: hash.digest('hex') };
  return { path, identity, counts: counter.counts, hadCarriageReturns };
}

/**
 * The first characters of a UTF-8 file, or of the built-in text, with its name for people.
 * @throws UsageError as `readThrough`
 */
export async function beginningOf(
  path: string | undefined,
  characters: number,
): Promise<{ readonly name: string; readonly content: string }> {
  const found: string[] = [];
  for await (const piece of pieces(path)) {
    for (const character of piece) if (found.push(character) >= characters) break;
    if (found.length >= characters) break;
  }
  if (found.length === 0) throw new UsageError(`${path} is empty. Give a file with text.`);
  return { name: nameOf(path), content: found.join('') };
}

function nameOf(path: string | undefined): string {
  return path === undefined ? 'the built-in tales' : basename(path);
}

/** A text as tokens, and how often each character was not known. */
export interface EncodedText {
  readonly tokens: TokenArray;
  readonly unknowns: ReadonlyMap<string, number>;
}

/**
 * Reads a text once more, into tokens of as few bytes as will do.
 * @throws UsageError if the file has changed in the meantime
 */
export async function encodeText({ path, counts, identity }: Text, vocabulary: Vocabulary): Promise<EncodedText> {
  const count = [...counts.values()].reduce((sum, times) => sum + times, 0);
  const tokens = tokenArray(count, vocabulary.size);
  const unknowns = new Map<string, number>();
  let end = 0;
  for await (const piece of pieces(path)) {
    const encoded = vocabulary.encodeWithUnknowns(piece);
    if (end + encoded.ids.length <= count) tokens.set(encoded.ids, end);
    end += encoded.ids.length;
    for (const [character, times] of encoded.unknowns) unknowns.set(character, (unknowns.get(character) ?? 0) + times);
  }
  if (end === count) return { tokens, unknowns };
  throw new UsageError(`${identity.name} has changed while it was read. Try again when it stays as it is.`);
}

function tokenArray(length: number, size: number): TokenArray {
  if (size <= 2 ** 8) return new Uint8Array(length);
  return size <= 2 ** 16 ? new Uint16Array(length) : new Int32Array(length);
}

/** A text with \n at the end of each line, in pieces. */
async function* pieces(
  path: string | undefined,
  onCarriageReturn: () => void = () => undefined,
): AsyncGenerator<string, void, undefined> {
  if (path === undefined) {
    yield defaultText();
    return;
  }
  const source = fileSource(path);
  try {
    // A \r without \n stays in what is read.
    for await (const piece of readText(watched(source, onCarriageReturn), { file: source.file })) {
      yield piece.replaceAll('\r', '\n');
    }
  } catch (error) {
    throw fileError(path, error);
  }
}

async function* watched(
  source: AsyncIterable<Uint8Array>,
  onCarriageReturn: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const bytes of source) {
    if (bytes.includes(CARRIAGE_RETURN)) onCarriageReturn();
    yield bytes;
  }
}
