import { ReaderError } from '@unroll/data';
import { UnrollError } from '@unroll/tensor';
import { quote } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** What is said of encodings to programs, not to people at a command line. */
const FOR_PROGRAMS = /,? (If the file is Latin-1, pass|or pipe it through).*$/s;

/**
 * What reading a file failed at, in words that help: it is missing, a folder, not UTF-8, not of its format. Anything else is given back as it
 * is, to be thrown.
 */
export function fileError(path: string, error: unknown): unknown {
  if (error instanceof ReaderError && FOR_PROGRAMS.test(error.message)) {
    const encoding = /UTF-(?:16|32)(?:LE|BE)?/.exec(error.message)?.[0] ?? 'ISO-8859-1';
    const why = error.message.replace(FOR_PROGRAMS, '').replace(/ Convert it:.*$/s, '');
    return new UsageError(
      `${why} If it is text, convert it, say from ${encoding}: iconv -f ${encoding} -t UTF-8 ${quote(path)} > utf8.txt`,
      { cause: error },
    );
  }
  if (error instanceof UnrollError) return new UsageError(error.message, { cause: error });
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return error;
  if (error.code === 'ENOENT') return new UsageError(`There is no file ${path}.`, { cause: error });
  if (error.code === 'EISDIR') return new UsageError(`${path} is a folder. Give a file.`, { cause: error });
  return new UsageError(`${path} can't be read: ${error.message}.`, { cause: error });
}
