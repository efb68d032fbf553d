import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { UnrollError } from '@unroll/backend';
import { type ReadLinesOptions, readLines } from '../text/lines.ts';

/** A file as a source of text. It is opened anew by each loop over it, and readers name it in their errors. */
export interface FileSource extends AsyncIterable<Uint8Array> {
  readonly file: string;
}

/** The bytes of a file, piece by piece; those of a `.gz` are decompressed on the way. Nothing is opened before the first is asked for. */
export function fileSource(path: string): FileSource {
  return {
    file: path,
    [Symbol.asyncIterator]: () =>
      path.endsWith('.gz') ? gunzipped(path) : createReadStream(path)[Symbol.asyncIterator](),
  };
}

async function* gunzipped(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = createReadStream(path);
  const text = createGunzip();
  // `pipe` does not pass errors on.
  file.on('error', (error) => text.destroy(error));
  try {
    yield* file.pipe(text) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_'))) throw cause;
    throw new UnrollError(
      'INVALID_FILE',
      `${path}: this is no whole gzip file: ${cause.message}. Fetch or compress it again.`,
      {
        cause,
      },
    );
  } finally {
    file.destroy();
  }
}

/**
 * The lines of a file, one by one.
 * @throws ReaderError for bytes that are no text in the encoding; Node's own error if the file can't be read
 */
export function readFileLines(path: string, options: ReadLinesOptions = {}): AsyncGenerator<string, void, undefined> {
  return readLines(fileSource(path), options);
}
