/** A piece of a text: bytes, or a string that is decoded already. */
export type TextChunk = string | Uint8Array;

/** What a web stream offers where it is no async iterable. */
export interface ChunkStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: TextChunk | undefined }>;
    cancel(): Promise<void>;
  };
}

/**
 * Where a text comes from: a string, bytes, or pieces of either in order, cut anywhere: a web stream (`response.body`, `file.stream()`), a
 * Node stream, a generator. It is read once, piece by piece.
 */
export type TextSource = TextChunk | Iterable<TextChunk> | AsyncIterable<TextChunk> | ChunkStream;

/** How bytes become characters. latin1 is ISO 8859-1, where each byte is the code point of that number; windows-1252 is its cousin. */
export type TextEncoding = 'utf-8' | 'latin1' | 'windows-1252';

export interface TextOptions {
  /** The file's name in errors. Default: the `file` of the source if it has one, else `input`. */
  readonly file?: string;
  /** Of bytes. Default utf-8, and strict: what is no UTF-8 is an error that says where. */
  readonly encoding?: TextEncoding;
}

/** The name of a source in errors. */
export function nameOf(source: TextSource, { file }: TextOptions): string {
  if (file !== undefined) return file;
  if (typeof source === 'object' && 'file' in source && typeof source.file === 'string') return source.file;
  return 'input';
}

/** The pieces of a source. Leaving the loop early closes it. */
export async function* chunksOf(source: TextSource): AsyncGenerator<TextChunk, void, undefined> {
  if (typeof source === 'string' || source instanceof Uint8Array) {
    yield source;
  } else if (Symbol.asyncIterator in source || Symbol.iterator in source) {
    yield* source;
  } else {
    yield* chunksOfStream(source);
  }
}

async function* chunksOfStream(stream: ChunkStream): AsyncGenerator<TextChunk, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value !== undefined) yield value;
    }
  } finally {
    await reader.cancel();
  }
}
