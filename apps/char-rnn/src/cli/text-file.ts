import { type DataIdentity, UsageError, quote } from '@unroll/app-kit/cli';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { defaultText } from '../default-text.ts';
import { invalidUtf8Offset } from './utf8.ts';

/** A text to learn or to judge by. */
export interface Text {
  /** For people: the name of its file. */
  readonly name: string;
  /** As the user gave it; undefined for the built-in text. */
  readonly path: string | undefined;
  /** With \n at the end of each line. */
  readonly content: string;
  /** Whether it had \r\n or \r there. */
  readonly hadCarriageReturns: boolean;
}

/**
 * The text of a UTF-8 file, or the built-in one. A byte order mark is dropped, and line ends become \n.
 * @throws UsageError if it is missing, a folder, empty, or not UTF-8
 */
export async function readText(path: string | undefined): Promise<Text> {
  if (path === undefined) {
    return { name: 'the built-in tales', path, content: defaultText(), hadCarriageReturns: false };
  }
  const decoded = decode(path, await read(path));
  if (decoded === '') throw new UsageError(`${path} is empty. Give a file with text.`);
  const content = decoded.replaceAll(/\r\n?/g, '\n');
  return { name: basename(path), path, content, hadCarriageReturns: content !== decoded };
}

export function identityOf({ name, content }: Text): DataIdentity {
  return { name, length: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError(`There is no file ${path}.`, { cause: error });
    if (code === 'EISDIR') throw new UsageError(`${path} is a folder. Give a text file.`, { cause: error });
    throw new UsageError(`${path} can't be read: ${message}.`, { cause: error });
  }
}

function decode(path: string, bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const offset = invalidUtf8Offset(bytes);
  if (offset === undefined) return new TextDecoder().decode(bytes);
  const found = Array.from(bytes.subarray(offset, offset + 2), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const line = bytes.subarray(0, offset).filter((byte) => byte === 0x0a).length + 1;
  throw new UsageError(
    `${path} is not UTF-8: the bytes ${found} at offset ${offset} (line ${line}) are no character. ` +
      `If it is text, convert it, say from ${guessEncoding(bytes)}: ` +
      `iconv -f ${guessEncoding(bytes)} -t UTF-8 ${quote(path)} > utf8.txt`,
  );
}

function guessEncoding([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'UTF-16';
  if (first === 0xfe && second === 0xff) return 'UTF-16';
  return 'ISO-8859-1';
}
