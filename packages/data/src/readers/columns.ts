import { ReaderError } from '../text/reader-error.ts';

/** The names of columns from left to right; null for one that is not needed. */
export type ColumnNames<Name extends string> = readonly (Name | null)[];

export interface SplitOptions {
  readonly separator: string;
  /** Whether what follows the last separator that is needed belongs to the last column, separators included. */
  readonly lastTakesRest: boolean;
}

/** Cuts a line into as many columns as have names. */
export class ColumnSplitter<Name extends string> {
  /** The columns with names: their places. */
  readonly named: readonly (readonly [name: Name, index: number])[];
  readonly #file: string;
  readonly #count: number;
  readonly #separator: string;
  readonly #lastTakesRest: boolean;

  constructor(file: string, columns: ColumnNames<Name>, { separator, lastTakesRest }: SplitOptions) {
    this.named = columns.flatMap((name, i) => (name === null ? [] : [[name, i] as const]));
    this.#file = file;
    this.#count = columns.length;
    this.#separator = separator;
    this.#lastTakesRest = lastTakesRest;
  }

  /** @throws ReaderError unless the line has exactly as many columns as there are names */
  split(line: string, number: number): readonly string[] {
    const cells = line.split(this.#separator);
    if (cells.length === this.#count) return cells;
    if (this.#lastTakesRest && cells.length > this.#count) {
      const before = cells.slice(0, this.#count - 1);
      return [...before, cells.slice(this.#count - 1).join(this.#separator)];
    }
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
