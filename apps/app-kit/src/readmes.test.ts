import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** The programs of a README; those that run are the whole app in few lines, the others use its model. */
function programsOf(app: string): { readonly whole: readonly string[]; readonly own: readonly string[] } {
  const text = readFileSync(new URL(`../../${app}/README.md`, import.meta.url), 'utf8');
  const blocks = (info: string): readonly string[] =>
    Array.from(text.matchAll(new RegExp(`^\`\`\`${info}\\n([^]*?)^\`\`\`$`, 'gm')), ([, code]) => code!.trimEnd());
  return { whole: blocks('ts'), own: blocks('ts no-run') };
}

/** Of code: an empty line is none. */
const lines = (program: string): readonly string[] => program.split('\n').filter((line) => line.trim() !== '');

describe.each(['char-rnn', 'tagger', 'translator'])('the README of %s', (app) => {
  const { whole, own } = programsOf(app);

  it('has the app in thirty lines, and its model in ten lines of Node and of a page', () => {
    expect(whole.length).toBeGreaterThanOrEqual(1);
    expect(own.length).toBeGreaterThanOrEqual(2);
    for (const program of whole) expect(lines(program).length).toBeLessThanOrEqual(30);
    for (const program of own) expect(lines(program).length).toBeLessThanOrEqual(10);
    for (const line of [...whole, ...own].flatMap(lines)) {
      expect(line.length, line).toBeLessThanOrEqual(120);
    }
  });
});
