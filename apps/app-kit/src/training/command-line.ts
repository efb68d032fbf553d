import type { Texts } from '../options/given.ts';
import type { RunOptionKinds } from '../run-options.ts';
import { quote } from '../terminal.ts';

/** The command line that begins a run with these options: what is as usual is left out. */
export function commandOf({
  program,
  data,
  options,
  kinds,
}: {
  readonly program: string;
  readonly data: readonly string[];
  readonly options: Texts;
  readonly kinds: RunOptionKinds;
}): string {
  // The usual limit is that of a run without another.
  const limits = kinds.limits.filter((name) => options[name] !== undefined);
  const usualLimit = limits.length === 1 ? kinds.defaultLimit : {};
  const own = Object.entries(options).flatMap(([name, text]) => {
    const usual = kinds.all[name]?.fallback ?? usualLimit[name];
    if (text === usual) return [];
    return kinds.all[name]?.hint === '' ? [`--${name}`] : [`--${name}`, quote(text)];
  });
  return [program, 'train', ...data, ...own].join(' ');
}

/** The command line that goes on with the run in a folder. */
export function resumeCommandOf(program: string, data: readonly string[], folder: string): string {
  return [program, 'train', ...data, '--resume', quote(folder)].join(' ');
}
