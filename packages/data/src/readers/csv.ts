import Papa from 'papaparse';
import { ReaderError } from '../text/reader-error.ts';
import { type TextOptions, type TextSource, nameOf } from '../text/source.ts';
import { type RecordBlock, recordBlocks } from './csv-blocks.ts';

export interface ReadCsvOptions extends TextOptions {
  /** The columns' names, for a file without a header. Default: the first record has them. */
  readonly header?: readonly string[];
  /** Between fields. Default a comma. */
  readonly separator?: string;
}

/** A record of a CSV file. */
export interface CsvRecord {
  /** The number of its first line in the file, from 1. */
  readonly line: number;
  /** Fields by column, as they stand, without quotes. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Records of a CSV file (RFC 4180): fields in quotes may contain separators, quotes ("" for one) and line ends. Empty lines are left out.
 * @throws ReaderError for a record with more or fewer fields than the header, for quotes that do not fit, or a name that stands twice
 */
export async function* readCsv(
  source: TextSource,
  options: ReadCsvOptions = {},
): AsyncGenerator<CsvRecord, void, undefined> {
  for await (const { names, line, cells } of rowsOf(source, options)) {
    yield { line, fields: new Map(names.map((name, i) => [name, cells[i]!])) };
  }
}

export interface ReadNumbersOptions extends ReadCsvOptions {
  /** Which columns, and their order in the result. */
  readonly columns: readonly string[];
  /** Fields that stand for a missing value, which becomes NaN. Default: none, a field that is no number is an error. */
  readonly missing?: readonly string[];
}

/**
 * The chosen columns of a CSV file as numbers: a row of features for each record, as `slidingWindows` takes them.
 * @throws ReaderError as `readCsv`, for a column that is not there, and for a field that is no number
 */
export async function* readCsvNumbers(
  source: TextSource,
  { columns, missing = [], ...options }: ReadNumbersOptions,
): AsyncGenerator<Float64Array, void, undefined> {
  const file = nameOf(source, options);
  let places: readonly number[] | undefined;
  for await (const { names, line, cells } of rowsOf(source, options)) {
    places ??= columns.map((column) => placeOf(file, line, names, column));
    yield Float64Array.from(places, (place) => {
      const field = cells[place]!;
      if (missing.includes(field)) return NaN;
      const value = field.trim() === '' ? NaN : Number(field);
      if (!Number.isNaN(value)) return value;
      const message = `column ${JSON.stringify(names[place])} is ${JSON.stringify(field)}: no number. If it stands for a missing value, pass missing: [${JSON.stringify(field)}].`;
      throw new ReaderError({ file, line, message });
    });
  }
}

function placeOf(file: string, line: number, names: readonly string[], column: string): number {
  const place = names.indexOf(column);
  if (place >= 0) return place;
  const message = `there is no column ${JSON.stringify(column)}. There are ${names.join(', ')}.`;
  throw new ReaderError({ file, line, message });
}

interface CsvRow {
  readonly names: readonly string[];
  readonly line: number;
  readonly cells: readonly string[];
}

async function* rowsOf(
  source: TextSource,
  { header, separator = ',', ...options }: ReadCsvOptions,
): AsyncGenerator<CsvRow, void, undefined> {
  const file = nameOf(source, options);
  let names = header && checkNames(file, 1, header);
  for await (const block of recordBlocks(source, options)) {
    for (const { line, cells } of parse(file, block, separator)) {
      if (names === undefined) {
        names = checkNames(file, line, cells);
        continue;
      }
      if (cells.length !== names.length) {
        throw new ReaderError({
          file,
          line,
          message: `${cells.length} fields, but the header has ${names.length}: ${names.join(', ')}. Mend the line, or pass another separator.`,
        });
      }
      yield { names, line, cells };
    }
  }
}

function parse(
  file: string,
  { text, first }: RecordBlock,
  separator: string,
): readonly { readonly line: number; readonly cells: readonly string[] }[] {
  const { data, errors } = Papa.parse<string[]>(text, { delimiter: separator, newline: '\n' });
  // Only fields in quotes contain line ends.
  const isQuoted = text.includes('"');
  let line = first;
  const records = data.map((cells) => {
    const record = { line, cells };
    line += 1;
    if (isQuoted) for (const cell of cells) line += cell.split('\n').length - 1;
    return record;
  });
  for (const { type, row, message } of errors) {
    if (type !== 'Quotes') continue;
    const at = records[row ?? 0]?.line ?? first;
    throw new ReaderError({ file, line: at, message: `${message}. Double each quote inside of a quoted field.` });
  }
  return records.filter(({ cells }) => cells.length > 1 || cells[0] !== '');
}

function checkNames(file: string, line: number, names: readonly string[]): readonly string[] {
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated === undefined) return names;
  throw new ReaderError({
    file,
    line,
    message: `the header has ${JSON.stringify(repeated)} twice. Rename one; if the file has no header, pass header: [names].`,
  });
}
