import { describeEnding } from '@unroll/app-kit/ending-suite';
import { describeSettings } from '@unroll/app-kit/settings-suite';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../test/terminal.ts';
import { main } from './main.ts';

const root = mkdtempSync(join(tmpdir(), 'tagger-settings-'));
afterAll(() => rmSync(root, { recursive: true }));
const data = join(root, 'names.conll');
writeFileSync(data, 'Ada B-PER\nmet O\nAlan B-PER\n\nLondon B-LOC\nis O\nbig O\n\n'.repeat(12));

const small = [data, '--hidden=4', '--characters=2', '--character-embedding=2', '--word-embedding=4', '--epochs=1'];
describeSettings(run, small);
describeEnding(main, small);

describe('what the data refuse of the settings', () => {
  const words = join(root, 'words.conll');
  writeFileSync(words, 'a X\nb Y\n\n'.repeat(12));
  const config = join(root, 'refused.jsonc');
  const refused = async (settings: string, file: string): Promise<string> => {
    writeFileSync(config, settings);
    const { code, err } = await run('train', file, '--config', config, '--out', join(root, 'refused'));
    expect(code).toBe(2);
    return err;
  };

  it('is told with the line of the settings', async () => {
    expect(await refused('{\n  "scheme": "bio"\n}', words)).toContain(
      `${config}:2:3: "scheme" has no effect: the tags of words.conll are no parts of spans (B-, I-). Leave it out.`,
    );
    expect(await refused('{\n\n "tag-column": 3 }', words)).toMatch(
      /refused\.jsonc:3:2: .*words\.conll has 2 column\(s\) .* Name others with "word-column" and "tag-column"\./,
    );
    const conllu = join(root, 'words.conllu');
    writeFileSync(conllu, '');
    expect(await refused('{ "word-column": 2 }', conllu)).toMatch(
      /:1:3: "word-column" has no effect where .* is CoNLL-U/,
    );
    writeFileSync(words, 'a X\n\n');
    expect(await refused('{ "validation-fraction": 0.5 }', words)).toMatch(/:1:3: .* Use "validation-fraction" 0\./);
  });

  it('is told as an option where the command line says it', async () => {
    writeFileSync(config, '{}');
    writeFileSync(words, 'a X\nb Y\n\n'.repeat(12));
    const { err } = await run('train', words, '--config', config, '--scheme', 'bio', '--out', join(root, 'refused'));
    expect(err).toMatch(/^--scheme has no effect/);
  });
});
