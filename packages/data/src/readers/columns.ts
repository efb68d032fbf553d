import { ReaderError } from '../text/reader-error.ts';

/** The names of columns from left to right; null for one that is not needed. */
export type ColumnNames<Name extends string> = readonly (Name | null)[];

/** Cuts a line into as many columns as have names. */
export class ColumnSplitter<Name extends string> {
  /** The columns with names: their places. */
  readonly named: readonly (readonly [name: Name, index: number])[];
  readonly #file: string;
  readonly #count: number;
  readonly #separator: string;

  constructor(file: string, columns: ColumnNames<Name>, separator: string) {
    this.named = columns.flatMap((name, i) => (name === null ? [] : [[name, i] as const]));
    this.#file = file;
    this.#count = columns.length;
    this.#separator = separator;
  }

  /** @throws ReaderError unless the line has exactly as many columns as there are names */
  split(line: string, number: number): readonly string[] {
    const cells = line.split(this.#separator);
    if (cells.length === this.#count) return cells;
    const other = this.#separator === ' ' ? '\t' : ' ';
    const wouldFit = line.split(other).length === this.#count;
    throw new ReaderError({
      file: this.#file,
      line: number,
      message:
        `${cells.length} columns instead of ${this.#count} (by ${JSON.stringify(this.#separator)}): ${JSON.stringify(line.slice(0, 60))}. ` +
        (wouldFit
          ? `By ${JSON.stringify(other)} it has ${this.#count}: pass separator: ${JSON.stringify(other)}.`
          : 'Name every column, with null for those that are not needed, or mend the line.'),
    });
  }
}
