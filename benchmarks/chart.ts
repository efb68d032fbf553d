import { figure } from './markdown.ts';

/** A measured time, or a reason why there is none. */
export interface Mark {
  readonly name: string;
  readonly value: number | undefined;
}

export interface Panel {
  readonly title: string;
  readonly marks: readonly Mark[];
}

const WIDTH = 860;
const LEFT = 130;
const RIGHT = 70;
const LINE = 20;
const HEAD = 44;
const GAP = 18;

/**
 * Times on one logarithmic axis, a panel per workload: dots and not bars, as a logarithmic axis has no zero for bars to stand on. Names
 * that begin with `own` are drawn strongly.
 */
export function drawTimes(title: string, panels: readonly Panel[], own: string): string {
  const values = panels.flatMap(({ marks }) => marks.flatMap(({ value }) => (value === undefined ? [] : [value])));
  const low = Math.floor(Math.log10(Math.min(...values, 10)));
  const high = Math.ceil(Math.log10(Math.max(...values, 100)));
  const px = (value: number): number =>
    round(LEFT + ((Math.log10(value) - low) / (high - low)) * (WIDTH - LEFT - RIGHT));
  const lines: string[] = [];
  let top = 34;
  for (const { title, marks } of panels) {
    const bottom = top + HEAD + marks.length * LINE;
    lines.push(`<text x="10" y="${top + 16}" font-size="13" font-weight="bold">${escaped(title)}</text>`);
    for (let power = low; power <= high; power++) {
      const x = px(10 ** power);
      lines.push(
        `<path d="M${x} ${top + HEAD - 12}V${bottom - 8}" stroke="#ddd"/>`,
        `<text x="${x}" y="${top + HEAD - 16}" text-anchor="middle" fill="#666" font-size="11">${10 ** power}${power === low ? ' ms' : ''}</text>`,
      );
    }
    for (const [i, { name, value }] of marks.entries()) {
      const y = top + HEAD + i * LINE;
      const colour = name.startsWith(own) ? '#d55e00' : '#0072b2';
      const weight = name.startsWith(own) ? ' font-weight="bold"' : '';
      lines.push(`<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end"${weight}>${escaped(name)}</text>`);
      if (value === undefined) {
        lines.push(`<text x="${LEFT}" y="${y + 4}" fill="#666" font-style="italic">no result</text>`);
        continue;
      }
      lines.push(
        `<path d="M${LEFT} ${y}H${px(value)}" stroke="#ccc" stroke-dasharray="2 3"/>`,
        `<circle cx="${px(value)}" cy="${y}" r="5" fill="${colour}"/>`,
        `<text x="${px(value) + 10}" y="${y + 4}"${weight}>${figure(value)}</text>`,
      );
    }
    top = bottom + GAP;
  }
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${top}" fill="#fff"/>`,
    `<text x="10" y="22" font-size="15">${escaped(title)}</text>`,
    ...lines,
    '</svg>',
  ].join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function round(x: number): number {
  return Math.round(x * 10) / 10;
}
