import type { DType } from '../buffer.ts';
import type { FusedOp } from '../fused.ts';
import type { Primitive } from '../primitives.ts';
import type { Errors } from './compare.ts';
import type { Tolerance } from './tolerance.ts';

/** One op in one dtype on inputs of one shape. */
export interface ReportCase extends Errors {
  readonly op: Primitive | FusedOp;
  readonly dtype: DType;
  /** The shapes of the inputs, and what is particular about the case. */
  readonly title: string;
  readonly tolerance: Tolerance;
  /** What was wrong; missing where the case passed. */
  readonly failure?: string;
}

/** One op in one dtype. */
export interface ReportRow extends Errors {
  readonly op: Primitive | FusedOp;
  readonly dtype: DType;
  readonly tolerance: Tolerance;
  readonly cases: number;
  readonly failed: number;
  /** The title of the case that takes most of the tolerance, or that failed first. */
  readonly worstCase: string;
}

/** Something that was left out. */
export interface ReportSkip {
  readonly name: string;
  readonly reason: string;
}

/** What a backend was found to be, op by op. */
export class ConformanceReport {
  readonly name: string;
  readonly #cases: ReportCase[] = [];
  readonly #skips: ReportSkip[] = [];

  constructor({ name }: { readonly name: string }) {
    this.name = name;
  }

  add(each: ReportCase): void {
    this.#cases.push(each);
  }

  skip(name: string, reason: string): void {
    if (!this.#skips.some((known) => known.name === name)) this.#skips.push({ name, reason });
  }

  /** Every case, in the order in which they ran. */
  get cases(): readonly ReportCase[] {
    return this.#cases;
  }

  get skips(): readonly ReportSkip[] {
    return this.#skips;
  }

  /** Cases added up by op and dtype. */
  get rows(): readonly ReportRow[] {
    const groups = new Map<string, ReportCase[]>();
    for (const each of this.#cases) {
      const key = `${each.op} ${each.dtype}`;
      groups.set(key, [...(groups.get(key) ?? []), each]);
    }
    return [...groups.values()].map((cases) => {
      const failures = cases.filter(({ failure }) => failure !== undefined);
      const worst = failures[0] ?? cases.reduce((most, each) => (each.used > most.used ? each : most));
      const { op, dtype, tolerance } = cases[0]!;
      return {
        op,
        dtype,
        tolerance,
        cases: cases.length,
        failed: failures.length,
        worst: Math.max(...cases.map((each) => each.worst)),
        used: Math.max(...cases.map((each) => each.used)),
        worstCase: worst.title,
      };
    });
  }

  /** A table for a terminal: one line per op and dtype, then what was skipped. */
  toString(): string {
    const lines = [HEADER, ...this.rows.map(cellsOf)];
    const widths = HEADER.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
    const table = lines.map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    );
    const skips = this.#skips.map(({ name, reason }) => `skipped: ${name} (${reason})`);
    return [`${this.name}: ${this.#summary()}`, ...table, ...skips].join('\n');
  }

  /** The same in Markdown, for a README. */
  toMarkdown(): string {
    const skips = this.#skips.map(({ name, reason }) => `| ${escaped(name)} | ${escaped(reason)} |`);
    return [
      `## ${this.name}`,
      '',
      `${this.#summary()}.`,
      '',
      ...markdownTable(HEADER, this.rows.map(cellsOf)),
      ...(skips.length > 0 ? ['', '| skipped | reason |', '| --- | --- |', ...skips] : []),
      '',
    ].join('\n');
  }

  /** Every case in Markdown: op × dtype × shapes. Some thousand lines. */
  casesToMarkdown(): string {
    const header = ['op', 'dtype', 'shapes', 'worst error', 'of its tolerance', ''];
    const lines = this.#cases.map((each) => [
      each.op,
      each.dtype,
      each.title,
      errorText(each.worst),
      shareText(each.used),
      each.failure ?? '',
    ]);
    return [`## ${this.name}: every case`, '', ...markdownTable(header, lines), ''].join('\n');
  }

  #summary(): string {
    const failed = this.#cases.filter(({ failure }) => failure !== undefined).length;
    const ops = new Set(this.#cases.map(({ op }) => op)).size;
    return `${ops} ops, ${this.#cases.length} cases, ${failed} failed, ${this.#skips.length} skipped`;
  }
}

const HEADER = ['op', 'dtype', 'cases', 'failed', 'worst error', 'allowed', 'of its tolerance', 'on'];

function cellsOf(row: ReportRow): readonly string[] {
  return [
    row.op,
    row.dtype,
    String(row.cases),
    String(row.failed),
    errorText(row.worst),
    toleranceText(row.tolerance),
    shareText(row.used),
    row.used === 0 && row.failed === 0 ? '' : row.worstCase,
  ];
}

function errorText(error: number): string {
  if (error === Infinity) return 'wrong';
  return error === 0 ? 'exact' : error.toExponential(1);
}

function shareText(used: number): string {
  if (used === Infinity) return 'wrong';
  return used === 0 ? '–' : `${Math.ceil(100 * used)} %`;
}

function toleranceText({ relative, absolute }: Tolerance): string {
  if (relative === 0 && absolute === 0) return 'exact';
  const parts = [relative > 0 ? `${relative.toExponential(1)}·|x|` : '', absolute > 0 ? absolute.toExponential(1) : ''];
  return parts.filter((part) => part !== '').join(' + ');
}

function markdownTable(header: readonly string[], lines: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...lines.map(line)];
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
