import { checkGiven } from '@unroll/backend';
import { schemeTableau10 } from 'd3-scale-chromatic';
import { rgb } from 'd3-color';
import { type CurvesOptions, axesOf, runsOf } from './curves.ts';
import { type TerminalOptions, colored } from './terminal.ts';

const HEIGHT = 14;
const LABEL = 8;
/** One for each curve, so that they can be told apart without colour. */
const MARKS = '*o+x#@';

/** Curves as lines of text: a mark per curve, coloured where the terminal can. */
export function curvesText(options: CurvesOptions & TerminalOptions): string {
  const { title, curves, xTitle = 'time step', columns = 80, colorDepth = 1 } = options;
  checkGiven('curvesText', { title, curves });
  const width = Math.max(10, columns - LABEL - 2);
  const axes = axesOf(options, { range: [0, width - 1], ticks: 5 }, { range: [HEIGHT - 1, 0], ticks: 5 });
  const canvas = Array.from({ length: HEIGHT }, () => Array.from({ length: width }, () => ' '));
  for (const [i, curve] of curves.entries()) {
    const mark = markOf(i, colorDepth);
    for (const run of runsOf(curve, options)) {
      for (const [j, [x, y]] of run.entries()) {
        const [fromX, fromY] = run[Math.max(0, j - 1)]!;
        for (const [column, row] of line(axes.x.place(fromX), axes.y.place(fromY), axes.x.place(x), axes.y.place(y))) {
          const cells = canvas[row];
          if (cells?.[column] !== undefined) cells[column] = mark;
        }
      }
    }
  }
  const labels = new Map(axes.y.ticks.map(({ value, label }) => [Math.round(axes.y.place(value)), label]));
  const below = Array.from({ length: width }, () => ' ');
  for (const { value, label } of axes.x.ticks) {
    const start = Math.min(width - label.length, Math.max(0, Math.round(axes.x.place(value)) - (label.length >> 1)));
    for (let i = 0; i < label.length; i++) below[start + i] = label.charAt(i);
  }
  return [
    title,
    ...canvas.map((cells, row) => `${(labels.get(row) ?? '').padStart(LABEL)} |${cells.join('')}`),
    `${' '.repeat(LABEL + 1)}+${'-'.repeat(width)}`,
    `${' '.repeat(LABEL + 2)}${below.join('')}`,
    `${' '.repeat(LABEL + 2)}${xTitle}    ${curves.map(({ name }, i) => `${markOf(i, colorDepth)} ${name}`).join('   ')}`,
    '',
  ].join('\n');
}

function markOf(i: number, colorDepth: number): string {
  const { r, g, b } = rgb(schemeTableau10[i % schemeTableau10.length]!);
  return colored(MARKS[i % MARKS.length]!, [r, g, b], colorDepth);
}

/** The character cells on the way from one point to another. */
function line(x0: number, y0: number, x1: number, y1: number): readonly (readonly [column: number, row: number])[] {
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
  return Array.from({ length: steps + 1 }, (_, i) => [
    Math.round(x0 + ((x1 - x0) * i) / steps),
    Math.round(y0 + ((y1 - y0) * i) / steps),
  ]);
}
