import { describeSettings } from '@unroll/app-kit/settings-suite';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { run } from '../../test/terminal.ts';

const root = mkdtempSync(join(tmpdir(), 'tagger-settings-'));
afterAll(() => rmSync(root, { recursive: true }));
const data = join(root, 'names.conll');
writeFileSync(data, 'Ada B-PER\nmet O\nAlan B-PER\n\nLondon B-LOC\nis O\nbig O\n\n'.repeat(12));

describeSettings(run, [
  data,
  '--hidden=4',
  '--characters=2',
  '--character-embedding=2',
  '--word-embedding=4',
  '--epochs=1',
]);
