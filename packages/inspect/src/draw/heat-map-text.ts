import { checkGiven } from '@unroll/backend';
import type { Matrix } from './matrix.ts';
import { type Color, type ColorScaleOptions, colorScaleFor, placeOf } from './palette.ts';
import { type TerminalOptions, cellsOf, halves, padToCells, shadeOf } from './terminal.ts';

export interface HeatMapTextOptions extends TerminalOptions, ColorScaleOptions {
  readonly title?: string | undefined;
  readonly matrix: Matrix;
  /** One character per column is shown: the text that was read. Where one is wide, as Chinese ones are, all columns are. Default: none. */
  readonly columnLabels?: readonly string[] | undefined;
  /** One per row; with colours, where two rows share a line, those of the upper ones are shown. Default: none. */
  readonly rowLabels?: readonly string[] | undefined;
}

/**
 * A heat map as lines of text: in colour, two rows per line; else in ASCII from ' ' to '@', a row per line. Where there are more columns than fit, it
 * goes on below.
 */
export function heatMapText(options: HeatMapTextOptions): string {
  const { title, matrix, columnLabels, rowLabels = [], columns = 80, colorDepth = 1 } = options;
  checkGiven('heatMapText', { matrix });
  const scale = colorScaleFor(matrix.data, options);
  const margin = Math.max(0, ...rowLabels.map((label) => cellsOf(label) + 1));
  const cells = Math.max(1, ...(columnLabels ?? []).map((label) => cellsOf(visible(label))));
  const width = Math.max(1, Math.floor((columns - margin - 2) / cells));
  const inColor = colorDepth >= 8;
  const placeAt = (row: number, column: number): number | undefined => {
    const value = row < matrix.rows ? matrix.data[row * matrix.columns + column]! : NaN;
    return Number.isFinite(value) ? placeOf(value, scale) : undefined;
  };
  const characterAt = (row: number, column: number): string => {
    const [upper, lower] = [placeAt(row, column), placeAt(row + 1, column)];
    if (!inColor) return upper === undefined ? ' ' : shadeOf(upper);
    const colorOf = (place: number | undefined): Color | undefined =>
      place === undefined ? undefined : scale.palette(place);
    return halves(colorOf(upper), colorOf(lower), colorDepth);
  };
  const lines = title === undefined ? [] : [`${title}  (${format(scale.low)} to ${format(scale.high)})`];
  for (let start = 0; start < matrix.columns; start += width) {
    const shown = Array.from({ length: Math.min(width, matrix.columns - start) }, (_, i) => start + i);
    for (let row = 0; row < matrix.rows; row += inColor ? 2 : 1) {
      const label = padToCells(rowLabels[row] ?? '', Math.max(0, margin - 1)) + (margin > 0 ? ' ' : '');
      lines.push(`${label}|${shown.map((column) => characterAt(row, column).repeat(cells)).join('')}|`);
    }
    if (columnLabels) {
      const labels = shown.map((column) => visible(columnLabels[column] ?? ' '));
      const filled = labels.map((label) => label + ' '.repeat(Math.max(0, cells - cellsOf(label))));
      lines.push(`${' '.repeat(margin + 1)}${filled.join('')}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The first character; a space where a line would break, or a control would reach the terminal. */
function visible(label: string): string {
  const [first = ' '] = label;
  return /[\s\p{Cc}]/u.test(first) ? ' ' : first;
}

function format(x: number): string {
  return String(Number(x.toPrecision(3)));
}
