/** What one kind of work took. */
export interface ProfileRow {
  /** The primitive or whole op by its name; `loop` and `step` for compiled loops; else the function of the backend. */
  readonly name: string;
  readonly kind: 'primitive' | 'fused' | 'loop' | 'backend';
  readonly calls: number;
  /** Between call and return, or until the data was there. On a device that works on by itself: until the call returned. */
  readonly milliseconds: number;
  /** Of inputs and results together. */
  readonly bytes: number;
}

/** The rows as a table, in their order, with a line of totals. */
export function profileTable(title: string, rows: readonly ProfileRow[]): string {
  const total = {
    calls: sum(rows.map(({ calls }) => calls)),
    milliseconds: sum(rows.map(({ milliseconds }) => milliseconds)),
    bytes: sum(rows.map(({ bytes }) => bytes)),
  };
  const line = (name: string, kind: string, { calls, milliseconds, bytes }: typeof total): readonly string[] => [
    name,
    kind,
    String(calls),
    milliseconds.toFixed(1),
    total.milliseconds === 0 ? '–' : `${((100 * milliseconds) / total.milliseconds).toFixed(1)} %`,
    calls === 0 ? '–' : ((1000 * milliseconds) / calls).toFixed(1),
    (bytes / 1e6).toFixed(2),
  ];
  const lines = [
    [title, 'kind', 'calls', 'ms', 'share', 'µs/call', 'MB'],
    ...rows.map((row) => line(row.name, row.kind, row)),
    line('total', '', total),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  const isText = (column: number): boolean => column < 2;
  return lines
    .map((cells) =>
      cells
        .map((cell, i) => (isText(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
