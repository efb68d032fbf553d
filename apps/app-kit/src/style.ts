import type { Output } from './terminal.ts';

/** Ways to set off a word, which do nothing where the output is no terminal. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  accent(text: string): string;
  /** One of six colours, by any number from 0 on. */
  color(text: string, number: number): string;
}

/** For this output: colours on a terminal, unless the user asked for none (https://no-color.org). */
export function styleFor(output: Output, env: NodeJS.ProcessEnv = process.env): Style {
  const isPlain = output.isTTY !== true || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const code =
    (on: number, off: number) =>
    (text: string): string =>
      isPlain || text === '' ? text : `\u001B[${on}m${text}\u001B[${off}m`;
  return {
    bold: code(1, 22),
    dim: code(2, 22),
    accent: code(36, 39),
    color: (text, number) => code(31 + (number % 6), 39)(text),
  };
}

/** Words in lines of at most `width` columns; line breaks of the text stay. */
export function wrap(text: string, columns: number): readonly string[] {
  const width = Math.max(1, columns);
  return text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let rest = line;
    while (rest.length > width) {
      const space = rest.lastIndexOf(' ', width);
      const end = space > 0 ? space : width;
      lines.push(rest.slice(0, end));
      rest = rest.slice(space > 0 ? end + 1 : end);
    }
    return [...lines, rest];
  });
}
