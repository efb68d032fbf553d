import { UnrollError, checkGiven } from '@unroll/backend';
import { scaleLinear } from 'd3-scale';
import type { Matrix } from './matrix.ts';
import { type ColorScale, type ColorScaleOptions, colorScaleFor, placeOf } from './palette.ts';
import { round, svgDocument, svgText, titleWidth, TITLE_STYLE, widthOf } from './svg.ts';

/** One heat map of a picture. */
export interface HeatMapPanel extends ColorScaleOptions {
  readonly title: string;
  readonly matrix: Matrix;
  /** One per row. Default: none. */
  readonly rowLabels?: readonly string[] | undefined;
}

export interface HeatMapsOptions {
  readonly title: string;
  /** From the top down, each with as many columns. */
  readonly panels: readonly HeatMapPanel[];
  /** One per column: the characters that were read. Default: the number of every tenth, or so. */
  readonly columnLabels?: readonly string[] | undefined;
  /** Below. Default: time step. */
  readonly xTitle?: string;
}

const LEVELS = 64;
const MARGIN = 16;
const TITLE = 28;
const PANEL_TITLE = 22;
const GAP = 10;
const BAR_WIDTH = 10;
const BAR_LABELS = 44;
const LABEL_GAP = 6;
const BETWEEN_LABELS = 5;

/**
 * Heat maps, one below the other, as an SVG image: a row per unit, a column per step. Wide enough to read each column's label; no browser is
 * needed to draw it.
 * @throws UnrollError SHAPE_MISMATCH if the panels have different numbers of columns, or labels do not fit
 */
export function heatMapsSvg({ title, panels, columnLabels, xTitle = 'time step' }: HeatMapsOptions): string {
  checkGiven('heatMapsSvg', { title, panels });
  const columns = panels[0]?.matrix.columns ?? 0;
  checkPanels(panels, columns, columnLabels);
  const cell = columnLabels ? roomFor(columnLabels) : Math.min(24, Math.max(5, 640 / Math.max(1, columns)));
  const left = Math.max(
    MARGIN + Math.max(0, ...panels.flatMap(({ rowLabels = [] }) => rowLabels.map(widthOf))) + LABEL_GAP,
    ...(columnLabels ?? []).map((label, i) => MARGIN + widthOf(label) / 2 - (i + 0.5) * cell),
  );
  const plotWidth = columns * cell;
  const width =
    left +
    Math.max(
      plotWidth + 2 * GAP + BAR_WIDTH + BAR_LABELS,
      titleWidth(title),
      ...panels.map((panel) => widthOf(panel.title)),
      ...(columnLabels ?? []).map((label, i) => (i + 0.5) * cell + widthOf(label) / 2),
    );
  const parts: string[] = [svgText(left, MARGIN + 6, title, TITLE_STYLE)];
  let y = MARGIN + TITLE;
  for (const panel of panels) {
    parts.push(svgText(left, y + PANEL_TITLE / 2 - 3, panel.title));
    y += PANEL_TITLE;
    const height = rowHeight(panel) * panel.matrix.rows;
    const scale = colorScaleFor(panel.matrix.data, panel);
    parts.push(...cells(panel.matrix, scale, { x: left, y, width: cell, height: rowHeight(panel) }));
    for (const [i, label] of (panel.rowLabels ?? []).entries()) {
      parts.push(svgText(left - LABEL_GAP, y + (i + 0.5) * rowHeight(panel), label, { anchor: 'end' }));
    }
    parts.push(...colorBar(scale, left + plotWidth + 2 * GAP, y, Math.max(height, 40)));
    y += Math.max(height, 40) + GAP;
  }
  const labels = columnLabels ?? everyFew(columns, cell);
  for (const [i, label] of labels.entries()) {
    if (label !== '') parts.push(svgText(left + (i + 0.5) * cell, y, label, { anchor: 'middle' }));
  }
  parts.push(svgText(left + (columns * cell) / 2, y + 20, xTitle, { anchor: 'middle' }));
  return svgDocument(width + MARGIN, y + 20 + MARGIN, title, parts);
}

/** How wide columns must be so that labels in the middle of them do not touch; an empty one leaves its room to its neighbours. */
function roomFor(labels: readonly string[]): number {
  let width = 14;
  let last: { readonly index: number; readonly half: number } | undefined;
  for (const [index, label] of labels.entries()) {
    if (label === '') continue;
    const half = widthOf(label) / 2;
    if (last) width = Math.max(width, (last.half + half + BETWEEN_LABELS) / (index - last.index));
    last = { index, half };
  }
  return width;
}

function rowHeight({ matrix, rowLabels }: HeatMapPanel): number {
  return rowLabels ? 16 : Math.min(16, Math.max(4, 160 / Math.max(1, matrix.rows)));
}

/** One path per colour: far smaller than a rectangle per cell. */
function cells(
  { rows, columns, data }: Matrix,
  scale: ColorScale,
  at: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): readonly string[] {
  const byLevel = new Map<number, string[]>();
  const levelAt = (row: number, column: number): number => {
    const value = data[row * columns + column]!;
    return Number.isFinite(value) ? Math.round(placeOf(value, scale) * (LEVELS - 1)) : -1;
  };
  for (let row = 0; row < rows; row++) {
    let start = 0;
    for (let column = 1; column <= columns; column++) {
      const level = levelAt(row, start);
      if (column < columns && levelAt(row, column) === level) continue;
      const path = byLevel.get(level) ?? [];
      byLevel.set(level, path);
      path.push(`M${start} ${row}h${column - start}v1h-${column - start}z`);
      start = column;
    }
  }
  byLevel.delete(-1);
  const paths = [...byLevel]
    .toSorted(([a], [b]) => a - b)
    .map(([level, path]) => `<path fill="${hex(scale, level / (LEVELS - 1))}" d="${path.join('')}"/>`);
  const transform = `translate(${round(at.x)} ${round(at.y)}) scale(${round(at.width)} ${round(at.height)})`;
  const frame =
    `<rect x="${round(at.x)}" y="${round(at.y)}" width="${round(columns * at.width)}" height="${round(rows * at.height)}" ` +
    'fill="none" stroke="#999" stroke-width="0.5"/>';
  return [`<g transform="${transform}" shape-rendering="crispEdges">`, ...paths, '</g>', frame];
}

function colorBar(scale: ColorScale, x: number, y: number, height: number): readonly string[] {
  const step = height / LEVELS;
  const parts = Array.from({ length: LEVELS }, (_, i) => {
    const place = 1 - i / (LEVELS - 1);
    return `<rect x="${round(x)}" y="${round(y + i * step)}" width="${BAR_WIDTH}" height="${round(step + 0.5)}" fill="${hex(scale, place)}"/>`;
  });
  const axis = scaleLinear([scale.low, scale.high], [y + height, y]);
  const count = height >= 100 ? 5 : 2;
  const format = axis.tickFormat(count);
  for (const tick of axis.ticks(count)) parts.push(svgText(x + BAR_WIDTH + 4, axis(tick), format(tick), { size: 10 }));
  return parts;
}

function hex({ palette }: ColorScale, place: number): string {
  return `#${palette(place)
    .map((channel) => Math.round(channel).toString(16).padStart(2, '0'))
    .join('')}`;
}

/** Numbers of steps, from 1, where there is room for them. */
function everyFew(columns: number, width: number): readonly string[] {
  const every = [1, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => n * width >= 28) ?? columns;
  return Array.from({ length: columns }, (_, i) => ((i + 1) % every === 0 ? String(i + 1) : ''));
}

function checkPanels(
  panels: readonly HeatMapPanel[],
  columns: number,
  columnLabels: readonly string[] | undefined,
): void {
  for (const { title, matrix, rowLabels } of panels) {
    const problem =
      matrix.columns === columns
        ? rowLabels && rowLabels.length !== matrix.rows
          ? `has ${matrix.rows} rows and ${rowLabels.length} labels`
          : undefined
        : `has ${matrix.columns} columns, the first panel ${columns}`;
    if (problem !== undefined) throw new UnrollError('SHAPE_MISMATCH', `heatMapsSvg: the panel ${title} ${problem}.`);
  }
  if (columnLabels && columnLabels.length !== columns) {
    throw new UnrollError('SHAPE_MISMATCH', `heatMapsSvg: ${columnLabels.length} labels for ${columns} columns.`);
  }
}
