import { describeEnding } from '@unroll/app-kit/ending-suite';
import { describeSettings } from '@unroll/app-kit/settings-suite';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../test/terminal.ts';
import { main } from './main.ts';

const small = ['--pairs', '300', '--hidden', '8', '--embedding', '8', '--batch', '8', '--steps', '2'];
describeSettings(run, small);
describeEnding(main, small);

describe('what the data refuse of the settings', () => {
  const root = mkdtempSync(join(tmpdir(), 'translator-settings-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const config = join(root, 'settings.json');

  it.each([
    ['{\n "corpus": "a.tsv", "columns": "source" }', /:2:21: "columns" is source: give source and target once each/],
    ['{\n "source": "a.de" }', /:2:2: Give both "source" and "target"/],
    ['{ "tied": true,\n "attention": "none" }', /:1:3: "tied" without attention needs .*: "embedding" 128\./],
  ])('%s is told with its line', async (settings, message) => {
    writeFileSync(config, settings);
    const { code, err } = await run('train', '--config', config, '--out', join(root, 'out'));
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });
});
