import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blueWhiteRed, curvesSvg, curvesText, heatMapText, heatMapsSvg, viridis } from '../index.ts';
import { terminal } from '../node.ts';

const ramp = { rows: 2, columns: 3, data: [0, 0.25, 0.5, 0.75, 1, NaN] };

/** Every tag is closed, every attribute quoted: what an XML reader checks first. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, slash, name, , selfClosing] of svg.matchAll(/<(\/?)([a-z]+)((?:\s[\w:-]+="[^"<]*")*)\s*(\/?)>/g)) {
    if (slash === '/') expect(open.pop()).toBe(name);
    else if (selfClosing !== '/') open.push(name!);
  }
  expect(open).toEqual([]);
  expect(svg.replaceAll(/<\/?[a-z]+(?:\s[\w:-]+="[^"<]*")*\s*\/?>/g, '')).not.toMatch(/[<>]/);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
}

describe('heat maps as SVG', () => {
  it('have a colour per number, a scale, titles and labels, and nothing where there is no number', () => {
    const svg = heatMapsSvg({
      title: 'a < b & "c"',
      panels: [{ title: 'gate', matrix: ramp, rowLabels: ['one', 'two'] }],
      columnLabels: ['x', 'y', 'z'],
      xTitle: 'read',
    });
    expectWellFormed(svg);
    for (const text of ['a &lt; b &amp; &quot;c&quot;', 'gate', 'one', 'two', 'x', 'y', 'z', 'read', '0.0', '1.0']) {
      expect(svg).toContain(`>${text}<`);
    }
    const cells = svg.slice(svg.indexOf('<g '), svg.indexOf('</g>'));
    expect(cells.match(/<path/g)?.length).toBe(5);
    const hex = (x: number): string =>
      `#${viridis(x)
        .map((channel) => channel.toString(16).padStart(2, '0'))
        .join('')}`;
    expect(cells).toContain(`<path fill="${hex(0)}" d="M0 0h1v1h-1z"/>`);
    expect(cells).toContain(`<path fill="${hex(1)}" d="M1 1h1v1h-1z"/>`);
  });

  it('hold no character that XML does not have', () => {
    const labels = ['\f', '\u001B', '\uD83D', '😀', 'é'];
    const matrix = { rows: 1, columns: 5, data: [0, 1, 2, 3, 4] };
    const svg = heatMapsSvg({ title: 't', panels: [{ title: 'p', matrix }], columnLabels: labels });
    expect(Array.from(svg.matchAll(/>([�😀é])</gu), ([, label]) => label)).toEqual(['�', '�', '�', '😀', 'é']);
    const text = heatMapText({ matrix, columnLabels: ['\u001B', '\r', '\u009B', 'a', 'b'] });
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('draw neighbours of one colour as one, and whatever numbers there are', () => {
    const even = heatMapsSvg({
      title: 't',
      panels: [{ title: 'p', matrix: { rows: 1, columns: 50, data: Array<number>(50).fill(0.3) } }],
    });
    expect(even).toContain('M0 0h50v1h-50z');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 40 }),
        fc.func(fc.double()),
        (rows, columns, at) => {
          const matrix = { rows, columns, data: Array.from({ length: rows * columns }, (_, i) => at(i) % 1e9) };
          const svg = heatMapsSvg({ title: 't', panels: [{ title: 'p', matrix }] });
          expectWellFormed(svg);
          const text = heatMapText({ matrix, columns: 20 });
          expect(text.split('\n').every((line) => line.length <= 20)).toBe(true);
        },
      ),
    );
  });

  it('refuse labels and panels that do not fit', () => {
    const panel = { title: 'p', matrix: ramp };
    expect(() => heatMapsSvg({ title: 't', panels: [panel], columnLabels: ['x'] })).toThrow('1 labels for 3 columns');
    expect(() => heatMapsSvg({ title: 't', panels: [{ ...panel, rowLabels: [] }] })).toThrow('has 2 rows and 0 labels');
    const narrow = { title: 'narrow', matrix: { rows: 1, columns: 1, data: [1] } };
    expect(() => heatMapsSvg({ title: 't', panels: [panel, narrow] })).toThrow(
      'narrow has 1 columns, the first panel 3',
    );
  });
});

it('a picture is as wide as its titles, that of a panel too', () => {
  const widthFor = (title: string, panel: string): number =>
    Number(/ width="(\d+)/.exec(heatMapsSvg({ title, panels: [{ title: panel, matrix: ramp }] }))![1]);
  const long = 'what the decoder looks at while it writes, and what it does not look at';
  expect(widthFor('t', long)).toBeGreaterThan(widthFor('t', 'p') + 200);
  expect(widthFor(long, 'p')).toBeGreaterThan(widthFor('t', 'p') + 200);
});

it('labels of columns do not touch, whatever they are written in', () => {
  // Advance widths of DejaVu Sans, one of the widest fonts there are, in ems.
  const widths = new Map(
    ['P603 R695 O787 N748 U732 C698 T611 M863 W989 m974', 'w818 a613 e615 i278 l278 n634 z525 1636 →838 日1000 本1000']
      .flatMap((line) => line.split(' '))
      .map((entry) => [entry[0]!, Number(entry.slice(1)) / 1000]),
  );
  const widthOf = (character: string): number => widths.get(character) ?? { ' ': 0.318, '\u0301': 0 }[character]!;
  for (const label of ['PROPN', 'PUNCT', 'MWMW', 'wwmm', 'illi', '1111', 'a → n', '日本日本', 'e\u0301e\u0301']) {
    const svg = heatMapsSvg({ title: 't', panels: [{ title: 'p', matrix: ramp }], columnLabels: [label, label, 'z'] });
    const cell = Number(/scale\((\S+) /.exec(svg)![1]);
    const written = 12 * Array.from(label).reduce((sum, character) => sum + widthOf(character), 0);
    expect(cell, label).toBeGreaterThan(written + 3);
    expect(cell, label).toBeLessThan(Math.max(15, 1.35 * written + 6));
  }
});

it('an empty label leaves its room to its neighbours, and a long one at the edge is not cut off', () => {
  const svgOf = (columnLabels: readonly string[]): string =>
    heatMapsSvg({ title: 't', panels: [{ title: 'p', matrix: ramp }], columnLabels });
  const cellOf = (svg: string): number => Number(/scale\((\S+) /.exec(svg)![1]);
  expect(cellOf(svgOf(['nineteen', '', 'nineteen']))).toBeLessThan(cellOf(svgOf(['nineteen', 'nineteen', ''])) * 0.6);
  expect(cellOf(svgOf(['a label that is long', '', '']))).toBe(14);
  const label = 'a label that is long';
  const [, x] = /<text x="(\S+)"[^>]*>a label that is long</.exec(svgOf([label, '', '']))!;
  expect(Number(x)).toBeGreaterThan(label.length * 6 * 0.5);
});

describe('heat maps as text', () => {
  it('are plain ASCII where there is no colour', () => {
    const text = heatMapText({ title: 'gate', matrix: ramp, rowLabels: ['a', 'b'], columnLabels: ['x', ' ', 'z'] });
    expect(text).toBe('gate  (0 to 1)\na | :+|\nb |#@ |\n   x z\n');
  });

  it('have columns of two cells where a character is that wide, and labels that end at one place', () => {
    const text = heatMapText({ matrix: ramp, rowLabels: ['火曜', 'a'], columnLabels: ['日', 'b', ' '] });
    expect(text).toBe('火曜 |  ::++|\n   a |##@@  |\n      日b   \n');
    const long = { rows: 1, columns: 5, data: [0, 1, 0, 1, 0] };
    const labels = Array.from('日月火水木');
    expect(heatMapText({ matrix: long, columnLabels: labels, columns: 7 })).toBe(
      '|  @@|\n 日月\n|  @@|\n 火水\n|  |\n 木\n',
    );
  });

  it('show two rows per line in colour, true or of 256', () => {
    const rgb = (x: number): string => viridis(x).join(';');
    const line = (colorDepth: number): string => heatMapText({ matrix: ramp, colorDepth });
    expect(line(24)).toContain(`|\u001B[38;2;${rgb(0)}m\u001B[48;2;${rgb(0.75)}m▀\u001B[0m`);
    expect(line(24)).toContain(`\u001B[38;2;${rgb(0.5)}m▀\u001B[0m|`);
    // (68, 1, 84) is level 1, 0, 1 of the cube.
    expect(line(8)).toContain(`|\u001B[38;5;${16 + 36 + 1}m`);
    expect(line(4)).toBe(line(1));
  });

  it('go on below where the terminal is narrow', () => {
    const matrix = { rows: 1, columns: 7, data: [0, 1, 0, 1, 0, 1, 0] };
    expect(heatMapText({ matrix, columns: 5 })).toBe('| @ |\n|@ @|\n| |\n');
  });

  it('put numbers around 0 between blue and red', () => {
    expect(heatMapText({ matrix: { rows: 1, columns: 3, data: [-2, 0, 1] } })).toBe('| +#|\n');
    expect(blueWhiteRed(0)[2]).toBeGreaterThan(blueWhiteRed(0)[0]);
    expect(blueWhiteRed(1)[0]).toBeGreaterThan(blueWhiteRed(1)[2]);
  });
});

describe('curves', () => {
  const curves = [
    { name: 'falls', values: [1, 0.1, 0.01, 0.001] },
    { name: 'has a gap', values: [1, NaN, 0.1, 0.1] },
  ];

  it('as SVG have axes, names and a line per run without a gap', () => {
    const svg = curvesSvg({ title: 'decay', curves, logarithmic: true, yTitle: 'norm' });
    expectWellFormed(svg);
    for (const text of ['decay', 'falls', 'has a gap', 'norm', 'time step', '1e-3', '1e+0'])
      expect(svg).toContain(`>${text}<`);
    // Two in the legend, one of the first curve, two of the second.
    expect(svg.match(/stroke-width="2"/g)?.length).toBe(5);
    // Equal factors are equally far apart.
    const [, ...ys] = /d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)"/.exec(svg)!.map(Number);
    expect(ys[1]! - ys[0]!).toBeCloseTo(ys[2]! - ys[1]!, 1);
    expect(ys[2]! - ys[1]!).toBeCloseTo(ys[3]! - ys[2]!, 1);
  });

  it('as text fill a canvas with a mark per curve', () => {
    const text = curvesText({ title: 'line', curves: [{ name: 'a', values: [0, 1, 2, 3] }], columns: 40 });
    const lines = text.split('\n');
    expect(lines.every((line) => line.length <= 40)).toBe(true);
    const rows = lines.flatMap((line, i) => (i > 0 && i < 15 && line.includes('*') ? [line.indexOf('*')] : []));
    expect(rows.length).toBe(14);
    expect(rows).toEqual(rows.toSorted((a, b) => b - a));
    expect(text).toContain('* a');
  });

  it('may stand at places of their own, on a logarithmic axis', () => {
    const options = { title: 't', curves: [{ name: 'a', values: [1, 2, 1], at: [1e-4, 1e-2, 1] }], logarithmicX: true };
    expect(curvesSvg(options)).toContain('>1e-4<');
    expect(curvesText({ ...options, colorDepth: 24 })).toContain('\u001B[38;2;');
  });

  it('of any numbers can be drawn', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e9, max: 1e9 })), fc.boolean(), (values, logarithmic) => {
        const options = { title: 't', curves: [{ name: 'a', values }], logarithmic };
        expectWellFormed(curvesSvg(options));
        curvesText(options);
      }),
    );
  });
});

it('a stream that is no terminal gets plain text', () => {
  expect(terminal({ isTTY: false, columns: 200, getColorDepth: () => 24 })).toEqual({ columns: 80, colorDepth: 1 });
  expect(terminal({ isTTY: true, columns: 200, getColorDepth: () => 24 })).toEqual({ columns: 200, colorDepth: 24 });
  expect(terminal({ isTTY: true, columns: 0, getColorDepth: () => 1 })).toEqual({ columns: 80, colorDepth: 1 });
});
