/** What XML has no way to write: controls but for tab and line ends, halves of characters (XML 1.0, 2.2). */
// eslint-disable-next-line no-control-regex
const UNWRITABLE = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Cs}/gu;

/** Text as it stands in an SVG; � in place of what XML can't hold. */
export function escapeXml(text: string): string {
  const writable = text.replaceAll(UNWRITABLE, '\uFFFD');
  return writable.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A whole picture on white, whose title is read to those who do not see it. */
export function svgDocument(width: number, height: number, title: string, parts: readonly string[]): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" ` +
      `font-family="system-ui, sans-serif" font-size="${FONT_SIZE}" fill="#222">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${w}" height="${h}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

export const FONT_SIZE = 12;

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  readonly size?: number;
  /** Degrees, clockwise. */
  readonly rotate?: number;
}

/** A line of text whose middle line is at y. */
export function svgText(x: number, y: number, text: string, options: TextOptions = {}): string {
  const { anchor = 'start', bold = false, size, rotate } = options;
  const attributes = [
    `x="${round(x)}"`,
    `y="${round(y)}"`,
    'dominant-baseline="central"',
    ...(anchor === 'start' ? [] : [`text-anchor="${anchor}"`]),
    ...(bold ? ['font-weight="600"'] : []),
    ...(size === undefined ? [] : [`font-size="${size}"`]),
    ...(rotate === undefined ? [] : [`transform="rotate(${rotate} ${round(x)} ${round(y)})"`]),
    'xml:space="preserve"',
  ];
  return `<text ${attributes.join(' ')}>${escapeXml(text)}</text>`;
}

/** Advance widths in ems, of the widest among the usual sans-serif fonts; the first that fits. */
const WIDTHS: readonly (readonly [characters: RegExp, ems: number])[] = [
  [/[\p{M}\p{Cf}]/u, 0],
  [/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Extended_Pictographic}\u3000-\u303F\uFF01-\uFF60]/u, 1.05],
  [/[ijl.,:;|!'’‘·I]/u, 0.34],
  [/[ frt()[\]{}/\\-]/u, 0.42],
  [/[mwMW@%…—œŒæÆ‰]/u, 1],
  [/[\p{Lu}#+=<>~&→←−]/u, 0.79],
];

/** About how wide a text is in pixels, rather too wide: nothing can be measured without a screen. */
export function widthOf(text: string): number {
  let ems = 0;
  for (const character of text) ems += WIDTHS.find(([characters]) => characters.test(character))?.[1] ?? 0.64;
  return ems * FONT_SIZE;
}

export const TITLE_STYLE: TextOptions = { bold: true, size: 14 };

/** About how wide a title is. */
export function titleWidth(title: string): number {
  return widthOf(title) * 1.25;
}

/** Two digits after the point are more than a screen shows. */
export function round(x: number): number {
  return Math.round(x * 100) / 100;
}
