import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { REPORT_FILE } from '../output-folder.ts';
import type { Terminal } from '../terminal.ts';
import { FakeTerminal } from '../testing.ts';

/** The tests that the `train` of every app passes at its end. `small` makes a run a matter of a second. */
export function describeEnding(
  main: (argv: readonly string[], terminal: Terminal) => Promise<number>,
  small: readonly string[],
): void {
  const root = mkdtempSync(join(tmpdir(), 'unroll-ending-'));
  afterAll(() => rmSync(root, { recursive: true }));

  describe('the end of a run', () => {
    it('is told when the report is there', async () => {
      const out = join(root, 'told');
      const terminal = new FakeTerminal('app');
      let hadReport: boolean | undefined;
      terminal.stdout.onWrite = (text) => {
        if (text.startsWith('Done at ')) hadReport = existsSync(join(out, REPORT_FILE));
      };
      expect(await main(['train', ...small, '--out', out], terminal)).toBe(0);
      expect(hadReport).toBe(true);
    });

    it('without a report is told, with code 1 and where the model is', async () => {
      const out = join(root, 'without');
      // A folder in its place can't be written over.
      mkdirSync(join(out, REPORT_FILE, 'inside'), { recursive: true });
      const terminal = new FakeTerminal('app');
      expect(await main(['train', ...small, '--out', out], terminal)).toBe(1);
      expect(terminal.stdout.text).toContain('Done at ');
      expect(terminal.stdout.text).not.toContain('The report is');
      expect(terminal.stderr.text).toMatch(
        /^The report can't be written to .*report\.html: E[A-Z]+: [^/]*\. The run and its model are saved in .*without\.\n$/,
      );
    });
  });
}
