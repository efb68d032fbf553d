import type { App, Command } from './command.ts';
import { type Style, wrap } from './style.ts';

/** What `--help` without a command says. */
export function programHelp({ summary, commands, start }: App, program: string, style: Style): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    summary,
    '',
    style.bold('Usage'),
    `  ${program} <command> [options]`,
    '',
    style.bold('Commands'),
    ...commands.map(({ name, summary }) => `  ${style.accent(name.padEnd(width))}  ${summary}`),
    '',
    style.bold('Start here'),
    ...start.map((command) => `  ${program} ${command}`),
    '',
    style.bold('Exit codes'),
    '  0  done',
    '  1  something failed on the way: a full disk, a diverging run',
    '  2  what you gave is wrong: an option, a file',
    '  130  interrupted; train has saved the run if it could',
    '',
  ].join('\n');
}

/** What `<command> --help` says. Lines have at most `columns` characters. */
export function commandHelp(command: Command, program: string, style: Style, columns: number): string {
  const groups = Object.entries(command.groups);
  const labels = groups.flatMap(([, options]) => Object.entries(options).map(([name, { hint }]) => label(name, hint)));
  const indent = Math.max(...labels.map((each) => each.length)) + 4;
  const width = Math.max(24, columns - indent);
  const optionLines = groups.flatMap(([title, options]) => [
    style.bold(title),
    ...Object.entries(options).flatMap(([name, { hint, help, fallback }]) => {
      const shown = hint === '' || fallback === undefined || fallback === '' ? help : `${help} [${fallback}]`;
      const [first, ...more] = wrap(shown, width);
      const heading = `  ${style.accent(label(name, hint))}`.padEnd(indent + style.accent('').length);
      const gap = ' '.repeat(Math.max(0, indent - 2 - label(name, hint).length));
      return [`${heading.trimEnd()}${gap}${first ?? ''}`, ...more.map((line) => ' '.repeat(indent) + line)];
    }),
    '',
  ]);
  return [
    ...wrap(command.description, columns),
    '',
    style.bold('Usage'),
    `  ${program} ${command.name} ${command.usage}`.trimEnd(),
    '',
    ...optionLines,
    style.bold('Examples'),
    ...command.examples.map((example) => `  ${program} ${example}`),
    '',
  ].join('\n');
}

function label(name: string, hint: string): string {
  return hint === '' ? `--${name}` : `--${name} <${hint}>`;
}
