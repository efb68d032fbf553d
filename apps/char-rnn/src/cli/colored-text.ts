import { type Html, html } from '@unroll/app-kit/cli';
import { blueWhiteRed } from '@unroll/inspect';

const LEVELS = 32;

/** A text whose background shows a number per character: red 1 and more, blue −1 and less, white 0. Runs of one colour are one element. */
export function coloredText(characters: readonly string[], values: ArrayLike<number>): Html {
  const levels = characters.map((_, i) => Math.round(((Math.min(1, Math.max(-1, values[i]!)) + 1) / 2) * LEVELS));
  const spans: Html[] = [];
  let start = 0;
  for (let i = 1; i <= characters.length; i++) {
    if (i < characters.length && levels[i] === levels[start]) continue;
    const text = characters.slice(start, i).join('').replaceAll('\n', '↵\n');
    spans.push(html`<span style="${styleOf(levels[start]!)}">${text}</span>`);
    start = i;
  }
  return inline(spans);
}

/** Without line ends between them, which the text would show. */
function inline(spans: readonly Html[]): Html {
  return spans.reduce((all, span) => html`${all}${span}`, html``);
}

function styleOf(level: number): string {
  const [red, green, blue] = blueWhiteRed(level / LEVELS);
  const isDark = 0.299 * red + 0.587 * green + 0.114 * blue < 140;
  return `background:rgb(${Math.round(red)} ${Math.round(green)} ${Math.round(blue)});color:${isDark ? '#fff' : '#111'}`;
}
