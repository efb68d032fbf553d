import type { DType } from '../buffer.ts';
import type { Primitive } from '../primitives.ts';

export interface ReportRow {
  readonly primitive: Primitive;
  readonly dtype: DType;
  /** The number of cases that passed. */
  readonly cases: number;
  /** The largest error among them, divided by the magnitude of the value. */
  readonly worst: number;
}

/** Collects errors while the tests run. */
export class Report {
  readonly #rows = new Map<string, ReportRow>();

  add(primitive: Primitive, dtype: DType, worst: number): void {
    const key = `${primitive} ${dtype}`;
    const old = this.#rows.get(key);
    this.#rows.set(key, {
      primitive,
      dtype,
      cases: (old?.cases ?? 0) + 1,
      worst: Math.max(old?.worst ?? 0, worst),
    });
  }

  get rows(): readonly ReportRow[] {
    return [...this.#rows.values()];
  }

  /** One line per primitive, one column per dtype. */
  toString(): string {
    const dtypes = [...new Set(this.rows.map(({ dtype }) => dtype))];
    const primitives = [...new Set(this.rows.map(({ primitive }) => primitive))];
    const cell = (primitive: Primitive, dtype: DType): string => {
      const row = this.#rows.get(`${primitive} ${dtype}`);
      if (!row) return '–';
      return row.worst === 0 ? 'exact' : row.worst.toExponential(1);
    };
    const lines = [
      ['worst error', ...dtypes],
      ...primitives.map((primitive) => [primitive, ...dtypes.map((dtype) => cell(primitive, dtype))]),
    ];
    return lines.map((line) => line.map((text) => text.padEnd(12)).join('')).join('\n');
  }
}
