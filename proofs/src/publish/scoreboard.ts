import { type Row, table } from '../shared/results.ts';

/** Collects what held and what did not, as a table with a line per check. */
export class Scoreboard {
  readonly #corner: string;
  readonly #columns: string[] = [];
  readonly #rows = new Map<string, Map<string, string>>();
  #failures = 0;

  constructor(corner: string) {
    this.#corner = corner;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Runs a check; prints why if it fails. Whether it held. */
  async check(row: string, column: string, work: () => Promise<void>): Promise<boolean> {
    if (!this.#columns.includes(column)) this.#columns.push(column);
    const cells = this.#rows.get(row) ?? new Map<string, string>();
    this.#rows.set(row, cells);
    try {
      await work();
      cells.set(column, 'ok');
      return true;
    } catch (error) {
      this.#failures++;
      cells.set(column, 'FAILED');
      console.error(`\n✗ ${row}, ${column}: ${(error as Error).message}\n`);
      return false;
    }
  }

  toString(): string {
    const rows = Array.from(this.#rows, ([row, cells]): Row => {
      return [row, ...this.#columns.map((column) => cells.get(column) ?? 'not run')];
    });
    return table([this.#corner, ...this.#columns], rows);
  }
}
