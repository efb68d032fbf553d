import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../test/terminal.ts';

const root = mkdtempSync(join(tmpdir(), 'tagger-settings-'));
afterAll(() => rmSync(root, { recursive: true }));

const data = join(root, 'names.conll');
writeFileSync(data, 'Ada B-PER\nmet O\nAlan B-PER\n\nLondon B-LOC\nis O\nbig O\n\n'.repeat(12));
const small = [
  data,
  '--hidden',
  '4',
  '--characters',
  '2',
  '--character-embedding',
  '2',
  '--word-embedding',
  '4',
  '--epochs',
  '1',
];
const config = join(root, 'settings.json');

/** A run with these settings in the file, and these on the command line. */
async function train(settings: object, ...argv: readonly string[]) {
  writeFileSync(config, JSON.stringify(settings));
  return run('train', ...small, '--config', config, '--out', join(root, 'out'), '--overwrite', ...argv);
}

describe('settings of the file and of the command line', () => {
  it('one of the file is needless where the command line says so, and no mistake', async () => {
    expect(await train({ threads: 2 }, '--backend', 'cpu')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringContaining('on cpu: plain JavaScript'),
    });
  });

  it('one without effect is refused where it stands', async () => {
    expect(await train({ backend: 'cpu' }, '--threads', '2')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--threads has no effect where --backend is cpu. Leave it out.'),
    });
    expect(await train({ backend: 'cpu', threads: 2 })).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${config}:1:18: "threads" has no effect where "backend" is cpu. Leave it out.`),
    });
  });
});
