import { type Row, table } from '../shared/results.ts';
import type { Absent } from './browsers.ts';

/** An engine of the board: its column, and what is known of it. */
export interface Column {
  readonly name: string;
  readonly version: string;
  readonly settings: string;
  readonly cells: Map<string, string>;
  /** What its `Math` does in another way than the reference's. */
  readonly math: string[];
}

/** Collects what was found, as a table with a line per check and a column per engine. */
export class Board {
  readonly columns: Column[] = [];
  readonly absent: Absent[] = [];
  readonly failures: string[] = [];
  /** What is worth knowing beside the table. */
  readonly remarks: string[] = [];

  engine(name: string, version: string, settings: string = ''): Column {
    const column = { name, version, settings, cells: new Map<string, string>(), math: [] };
    this.columns.push(column);
    return column;
  }

  /** Takes down a check that must hold: `text` if it does; `why` it does not otherwise, which is a failure. */
  check({ name, cells }: Column, row: string, why: string | undefined, text: string = 'ok'): void {
    cells.set(row, why === undefined ? text : 'FAILED');
    if (why !== undefined) this.failures.push(`${name}: ${row}: ${why}`);
  }

  /** The rows that any engine has, in the order in which they came. */
  table(): string {
    const rows = [...new Set(this.columns.flatMap(({ cells }) => [...cells.keys()]))];
    const lines = rows.map((row): Row => [row, ...this.columns.map(({ cells }) => cells.get(row) ?? '–')]);
    return table(['', ...this.columns.map(({ name }) => name)], lines);
  }
}
