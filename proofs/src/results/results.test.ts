import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../shared/checkout.ts';
import { CLAIMS, verdicts } from './claims.ts';
import { Page, cell, rowOf } from './page.ts';
import { sectionOf, summary } from './summary.ts';

/** Apart from how wide the columns of tables are. */
function plain(markdown: string): string {
  return markdown.replaceAll(/-{3,}/g, '---').replaceAll(/ +/g, ' ');
}

describe('docs/results.md', () => {
  it('says what the pages say: pnpm results writes it', () => {
    expect(plain(readFileSync(join(root, 'docs', 'results.md'), 'utf8'))).toBe(plain(summary()));
  });

  it('has the figures of every page', () => {
    for (const path of Object.keys(CLAIMS)) {
      expect(existsSync(join(root, 'docs', path)), path).toBe(true);
      const page = new Page(path, readFileSync(join(root, 'docs', path), 'utf8'));
      const claims = CLAIMS[path]!(page);
      expect(claims.length).toBeGreaterThan(0);
      // Nothing is claimed without a figure that stands on the page, and something to hold it to.
      for (const { claim, figure, reference } of claims) {
        for (const each of [claim, figure, reference]) expect(each, path).not.toMatch(/^$|undefined|NaN/);
      }
    }
  });
});

const page = new Page(
  'results/x.md',
  `# Is it so?

Yes.

2026-11-21, 2 cores,
Node 24, busy: some differ. Again: \`pnpm x\` (needs data).

## Part

Each side is seed 3, too.

| a | b \\| c |
| - | -: |
| **x** | ok |
| y | failed: why |
| z | ok, slowly |

2026-11-22; 4 cores. Again: \`pnpm y\`.
`,
);

describe('a page', () => {
  it('is read as tables under headings, and when, on what and by which command', () => {
    expect(page.title).toBe('Is it so?');
    expect(page.provenances).toEqual([
      { section: '', date: '2026-11-21', machine: '2 cores, Node 24, busy', command: 'pnpm x', seed: undefined },
      { section: 'Part', date: '2026-11-22', machine: '4 cores', command: 'pnpm y', seed: 'seed 3' },
    ]);
    const [table] = page.tablesWith('a');
    expect(table).toMatchObject({ section: 'Part', header: ['a', 'b \\| c'] });
    expect(cell(table!, rowOf(table!, 'x'), 'b \\| c')).toBe('ok');
  });

  it('without the table, row, column or sentence that a claim needs is an error', () => {
    const [table] = page.tablesWith('a');
    expect(() => page.tablesWith('b')).toThrow('docs/results/x.md has no table with the columns b.');
    expect(() => rowOf(table!, 'w')).toThrow('no row w');
    expect(() => cell(table!, table!.rows[0]!, 'w')).toThrow('no column w');
    expect(() => page.find(/no such (thing)/)).toThrow('says nothing like');
  });

  it('that does not say when and how it came to be is an error', () => {
    const silent = new Page('results/x.md', page.text.replaceAll(/Again: `[^`]+`/g, ''));
    expect(() => sectionOf(silent)).toThrow('docs/results/x.md has no paragraph like');
    expect(sectionOf(page)).toContain('Again: `pnpm x`');
  });

  it('of verdicts counts those that are good', () => {
    expect(verdicts(page)).toEqual([{ claim: 'Part: a', figure: '2 of 3 ok', reference: 'b \\| c' }]);
  });
});
