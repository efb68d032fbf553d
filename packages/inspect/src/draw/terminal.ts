import type { Color } from './palette.ts';

/** What a terminal can show. */
export interface TerminalOptions {
  /** Characters per line. Default 80. */
  readonly columns?: number;
  /**
   * Bits of colour, as `process.stdout.getColorDepth()` says: 24, 8 (256 colours), 4 or 1. Below 8, or without it, plain ASCII is drawn, which
   * any file and any mail shows.
   */
  readonly colorDepth?: number;
}

/** From empty to full. */
const SHADES = ' .:-=+*#%@';

/** A place on a scale from 0 to 1 as a character. */
export function shadeOf(place: number): string {
  return SHADES[Math.round(place * (SHADES.length - 1))]!;
}

/** Two halves of a character cell in two colours, the upper one first; undefined is the terminal's own. */
export function halves(upper: Color | undefined, lower: Color | undefined, colorDepth: number): string {
  if (!upper && !lower) return ' ';
  if (!upper) return `${escape(38, lower!, colorDepth)}▄${RESET}`;
  if (!lower) return `${escape(38, upper, colorDepth)}▀${RESET}`;
  return `${escape(38, upper, colorDepth)}${escape(48, lower, colorDepth)}▀${RESET}`;
}

/** A text in a colour. */
export function colored(text: string, color: Color, colorDepth: number): string {
  return colorDepth >= 8 ? `${escape(38, color, colorDepth)}${text}${RESET}` : text;
}

const RESET = '\u001B[0m';

/** Selects a colour: 38 for the foreground, 48 for the background (ISO 8613-6, as xterm has it). */
function escape(ground: 38 | 48, [r, g, b]: Color, colorDepth: number): string {
  if (colorDepth >= 24) return `\u001B[${ground};2;${Math.round(r)};${Math.round(g)};${Math.round(b)}m`;
  // The cube of 6 × 6 × 6 colours starts at 16.
  return `\u001B[${ground};5;${16 + 36 * levelOf(r) + 6 * levelOf(g) + levelOf(b)}m`;
}

/** How bright the six levels of a channel are in xterm. */
const LEVELS: readonly number[] = [0, 95, 135, 175, 215, 255];

/** The nearest. */
function levelOf(channel: number): number {
  const distances = LEVELS.map((level) => Math.abs(level - channel));
  return distances.indexOf(Math.min(...distances));
}

const WIDE =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]/u;
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** How many cells of a terminal a text takes: Chinese, Japanese and Korean characters and emoji two each, accents none. */
export function cellsOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += WIDE.test(character) ? 2 : NO_WIDTH.test(character) ? 0 : 1;
  return cells;
}

/** With spaces in front, so that it takes so many cells. */
export function padToCells(text: string, cells: number): string {
  return ' '.repeat(Math.max(0, cells - cellsOf(text))) + text;
}
