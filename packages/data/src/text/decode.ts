import { UnrollError } from '@unroll/backend';
import { ReaderError } from './reader-error.ts';
import { type TextEncoding, type TextOptions, type TextSource, chunksOf, nameOf } from './source.ts';

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';
/** Characters in front of a bad byte. */
const SHOWN = 20;
/** Bytes by which an encoding without a mark is known, where there are so many. */
const LOOKED_AT = 512;
/** Fewer say nothing. */
const LEAST = 16;

/**
 * A text in pieces of characters, none of them cut in two; a byte order mark at its beginning is left out.
 * @throws ReaderError for bytes that are no text in the encoding, with the line
 */
export async function* decode(source: TextSource, options: TextOptions): AsyncGenerator<string, void, undefined> {
  const decoder = new Decoder(nameOf(source, options), options.encoding ?? 'utf-8');
  let first = true;
  for await (const chunk of chunksOf(source)) {
    let text = typeof chunk === 'string' ? chunk : decoder.decode(chunk);
    if (text === '') continue;
    if (first && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
    first = false;
    yield text;
  }
  decoder.end();
}

class Decoder {
  readonly #file: string;
  readonly #encoding: TextEncoding;
  readonly #strict: InstanceType<typeof TextDecoder>;
  // The beginning of a character whose other bytes are in the next piece: at most three bytes.
  #rest: Uint8Array = new Uint8Array();
  #line = 1;
  #started = false;
  /** The last characters that were read, to be shown in front of a bad byte. */
  #last = '';

  constructor(file: string, encoding: TextEncoding) {
    this.#file = file;
    this.#encoding = encoding;
    // The byte order mark counts at the beginning of the text only, not of every piece.
    this.#strict = new TextDecoder(encoding === 'utf-8' ? 'utf-8' : 'windows-1252', { fatal: true, ignoreBOM: true });
  }

  decode(chunk: Uint8Array): string {
    if (!(chunk instanceof Uint8Array)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `${this.#file}: a piece of the source is neither a string nor a Uint8Array. Convert it, say by new TextEncoder().`,
      );
    }
    if (this.#encoding === 'latin1') return latin1(chunk);
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    if (this.#encoding === 'windows-1252') return this.#strict.decode(bytes);
    if (!this.#started && bytes.length >= 2) this.#refuseOthers(bytes);
    const end = endOfLastCharacter(bytes);
    const whole = bytes.subarray(0, end);
    this.#rest = bytes.slice(end);
    try {
      const text = this.#strict.decode(whole);
      for (const byte of whole) if (byte === NEWLINE) this.#line++;
      if (text !== '') this.#last = text.slice(-SHOWN);
      return text;
    } catch {
      throw this.#errorIn(whole);
    }
  }

  end(): void {
    if (this.#rest.length > 0) throw this.#errorIn(this.#rest);
  }

  /** The other encodings of Unicode, in which a text in Latin letters is also one of UTF-8, full of NUL. */
  #refuseOthers(bytes: Uint8Array): void {
    this.#started = true;
    const encoding = markedEncoding(bytes) ?? unmarkedEncoding(bytes.subarray(0, LOOKED_AT));
    if (encoding === undefined) return;
    const remedy = `Convert it: iconv -f ${encoding.toLowerCase()} -t utf-8, or pipe it through a TextDecoderStream.`;
    throw new ReaderError({ file: this.#file, line: 1, message: `the text is ${encoding}. ${remedy}` });
  }

  #errorIn(bytes: Uint8Array): ReaderError {
    // The first replacement character stands for the first byte that does not fit; what is before it is as long again as UTF-8.
    const lax = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    let at = -1;
    let offset = 0;
    do {
      at = lax.indexOf('\ufffd', at + 1);
      offset = new TextEncoder().encode(lax.slice(0, at)).length;
    } while (bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd);
    const before = (this.#last + lax.slice(0, at)).split('\n');
    const ended = this.#last.split('\n').length - 1;
    const byte = bytes[offset]!.toString(16).toUpperCase().padStart(2, '0');
    return new ReaderError({
      file: this.#file,
      line: this.#line - ended + before.length - 1,
      message:
        `byte 0x${byte} after ${JSON.stringify(before.at(-1)!.slice(-SHOWN))} is no UTF-8. ` +
        "If the file is Latin-1, pass encoding: 'latin1'.",
    });
  }
}

function markedEncoding(bytes: Uint8Array): string | undefined {
  const mark = bytes[0]! * 256 + bytes[1]!;
  if (mark === 0xfffe) return bytes.length >= 4 && bytes[2] === 0 && bytes[3] === 0 ? 'UTF-32' : 'UTF-16';
  if (mark === 0xfeff) return 'UTF-16';
  return bytes.length >= 4 && mark === 0 && bytes[2] === 0xfe && bytes[3] === 0xff ? 'UTF-32' : undefined;
}

/** Latin letters have a NUL beside each. */
function unmarkedEncoding(bytes: Uint8Array): string | undefined {
  if (bytes.length < LEAST) return undefined;
  const nulls = [0, 1].map((start) => {
    let count = 0;
    for (let i = start; i < bytes.length; i += 2) if (bytes[i] === 0) count++;
    return count / Math.floor(bytes.length / 2);
  }) as [number, number];
  if (nulls[1] > 0.7 && nulls[0] < 0.1) return 'UTF-16LE';
  return nulls[0] > 0.7 && nulls[1] < 0.1 ? 'UTF-16BE' : undefined;
}

/** Where the last character that is complete ends; what is no UTF-8 at all counts as complete, so that the decoder refuses it. */
function endOfLastCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return bytes.length - (back < lengthAfter(byte) ? back : 0);
  }
  return bytes.length;
}

function lengthAfter(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

// TextDecoder's 'latin1' is windows-1252.
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return text;
}
