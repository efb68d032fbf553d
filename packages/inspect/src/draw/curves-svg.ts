import { checkGiven } from '@unroll/backend';
import { schemeTableau10 } from 'd3-scale-chromatic';
import { type CurvesOptions, axesOf, runsOf } from './curves.ts';
import { TITLE_STYLE, round, svgDocument, svgText, titleWidth, widthOf } from './svg.ts';

const PLOT = { left: 76, top: 48, width: 520, height: 280 };
const LEGEND_GAP = 16;
const LINE_HEIGHT = 20;
/** Beside the colour, for those who do not tell colours apart. */
const DASHES: readonly string[] = ['', '7 3', '2 3', '9 3 2 3'];

/** Curves as an SVG image, with their names beside them. No browser is needed to draw it. */
export function curvesSvg(options: CurvesOptions): string {
  const { title, curves, xTitle = 'time step', yTitle = '' } = options;
  checkGiven('curvesSvg', { title, curves });
  const right = PLOT.left + PLOT.width;
  const bottom = PLOT.top + PLOT.height;
  const axes = axesOf(options, { range: [PLOT.left, right], ticks: 8 }, { range: [bottom, PLOT.top], ticks: 6 });
  const parts: string[] = [svgText(PLOT.left, 22, title, TITLE_STYLE)];
  for (const { value, label } of axes.y.ticks) {
    const y = round(axes.y.place(value));
    parts.push(
      `<path d="M${PLOT.left} ${y}H${right}" stroke="#ddd"/>`,
      svgText(PLOT.left - 8, y, label, { anchor: 'end' }),
    );
  }
  for (const { value, label } of axes.x.ticks) {
    const x = round(axes.x.place(value));
    parts.push(`<path d="M${x} ${bottom}v5" stroke="#666"/>`, svgText(x, bottom + 16, label, { anchor: 'middle' }));
  }
  parts.push(
    `<path d="M${PLOT.left} ${bottom}H${right}" stroke="#666"/>`,
    svgText(PLOT.left + PLOT.width / 2, bottom + 36, xTitle, { anchor: 'middle' }),
  );
  if (yTitle !== '') {
    parts.push(svgText(18, PLOT.top + PLOT.height / 2, yTitle, { anchor: 'middle', rotate: -90 }));
  }
  for (const [i, curve] of curves.entries()) {
    const style = styleOf(i);
    for (const run of runsOf(curve, options)) {
      const points = run.map(([x, y]) => `${round(axes.x.place(x))} ${round(axes.y.place(y))}`);
      parts.push(`<path d="M${points.join('L')}${run.length === 1 ? 'h0' : ''}" ${style}/>`);
    }
    const y = PLOT.top + 8 + i * LINE_HEIGHT;
    const x = right + LEGEND_GAP;
    parts.push(`<path d="M${x} ${y}h28" ${style}/>`, svgText(x + 36, y, curve.name));
  }
  const legend = LEGEND_GAP + 36 + Math.max(0, ...curves.map(({ name }) => widthOf(name)));
  const height = Math.max(bottom + 56, PLOT.top + curves.length * LINE_HEIGHT);
  return svgDocument(Math.max(right + legend, PLOT.left + titleWidth(title)) + 16, height, title, parts);
}

function styleOf(i: number): string {
  const color = schemeTableau10[i % schemeTableau10.length]!;
  const dashes = DASHES[i % DASHES.length]!;
  return `fill="none" stroke="${color}" stroke-width="2" stroke-linecap="round"${dashes === '' ? '' : ` stroke-dasharray="${dashes}"`}`;
}
