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
  { header, separator = ',', ...options }: ReadCsvOptions = {},
): AsyncGenerator<CsvRecord, void, undefined> {
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
      yield { line, fields: new Map(names.map((name, i) => [name, cells[i]!])) };
    }
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
  for await (const { line, fields } of readCsv(source, options)) {
    yield Float64Array.from(columns, (column) => {
      const field = fields.get(column);
      if (field === undefined) {
        const message = `there is no column ${JSON.stringify(column)}. There are ${[...fields.keys()].join(', ')}.`;
        throw new ReaderError({ file, line, message });
      }
      if (missing.includes(field)) return NaN;
      const value = field.trim() === '' ? NaN : Number(field);
      if (!Number.isNaN(value)) return value;
      const message = `column ${JSON.stringify(column)} is ${JSON.stringify(field)}: no number. If it stands for a missing value, pass missing: [${JSON.stringify(field)}].`;
      throw new ReaderError({ file, line, message });
    });
  }
}

function parse(
  file: string,
  { text, first }: RecordBlock,
  separator: string,
): readonly { readonly line: number; readonly cells: readonly string[] }[] {
  const { data, errors } = Papa.parse<string[]>(text, { delimiter: separator, newline: '\n' });
  let line = first;
  const records = data.map((cells) => {
    const record = { line, cells };
    line += 1 + cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
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
