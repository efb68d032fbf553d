export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const WIDTH = 720;
const HEIGHT = 300;
const LEFT = 52;
const RIGHT = 130;
const TOP = 30;
const BOTTOM = 40;
/** Told apart by people with any colour vision (Okabe & Ito 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/** Curves over a common x from 0, as an SVG picture with axes from 0. */
export function drawCurves(title: string, xLabel: string, yLabel: string, curves: readonly Curve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const xMax = Math.max(...points.map(([x]) => x));
  const yStep = niceStep(Math.max(...points.map(([, y]) => y)));
  const yMax = yStep * Math.ceil(Math.max(...points.map(([, y]) => y)) / yStep);
  const px = (x: number): number => round(LEFT + (x / xMax) * (WIDTH - LEFT - RIGHT));
  const py = (y: number): number => round(HEIGHT - BOTTOM - (y / yMax) * (HEIGHT - TOP - BOTTOM));
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="18" font-size="14">${title}</text>`,
  ];
  for (let y = 0; y <= yMax + yStep / 2; y += yStep) {
    lines.push(
      `<path d="M${LEFT} ${py(y)}H${WIDTH - RIGHT}" stroke="#ddd"/>`,
      `<text x="${LEFT - 6}" y="${py(y) + 4}" text-anchor="end">${round(y)}</text>`,
    );
  }
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const x = share * xMax;
    lines.push(`<text x="${px(x)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${x.toLocaleString('en')}</text>`);
  }
  lines.push(
    `<text x="${round((LEFT + WIDTH - RIGHT) / 2)}" y="${HEIGHT - 6}" text-anchor="middle">${xLabel}</text>`,
    `<text x="14" y="${round(HEIGHT / 2)}" transform="rotate(-90 14 ${round(HEIGHT / 2)})" text-anchor="middle">${yLabel}</text>`,
  );
  for (const [i, { name, points }] of curves.entries()) {
    const colour = COLOURS[i % COLOURS.length];
    const path = points.map(([x, y]) => `${px(x)},${py(y)}`).join(' ');
    const y = TOP + 8 + 18 * i;
    lines.push(
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
      `<path d="M${WIDTH - RIGHT + 10} ${y}h16" stroke="${colour}" stroke-width="2"/>`,
      `<text x="${WIDTH - RIGHT + 32}" y="${y + 4}">${name}</text>`,
    );
  }
  return `${[...lines, '</svg>'].join('\n')}\n`;
}

/** A step of 1, 2 or 5 times a power of ten that divides the range into about five. */
function niceStep(range: number): number {
  const rough = range / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough)!;
}

function round(x: number): number {
  return Math.round(x * 100) / 100;
}
