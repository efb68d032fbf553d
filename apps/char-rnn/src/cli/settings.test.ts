import { describeEnding } from '@unroll/app-kit/ending-suite';
import { describeSettings } from '@unroll/app-kit/settings-suite';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeModel, encodeModel } from '@unroll/io';
import { afterAll, describe, expect, it } from 'vitest';
import { SENTENCE, untrained } from '../../test/models.ts';
import { run } from '../../test/terminal.ts';
import { main } from './main.ts';

const root = mkdtempSync(join(tmpdir(), 'char-rnn-settings-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
}

const book = file('book.txt', SENTENCE.repeat(12));
const settings = { hidden: 8, embedding: 4, batch: 2, time: 8, steps: 4, cell: 'lstm', 'validate-every': 2, seed: 7 };

describe('train --config', () => {
  it('trains by the file, the command line before it; the settings stand in model and report', async () => {
    const config = file('settings.jsonc', `// of a test\n${JSON.stringify({ ...settings, text: book })}`);
    const out = join(root, 'by-config');
    const { code, out: told, err } = await run('train', '--config', config, '--hidden', '6', '--out', out);
    expect([code, err]).toEqual([0, '']);
    expect(told).toContain('6 lstm units');
    const { config: built, metadata } = decodeModel(readFileSync(join(out, 'model.safetensors')));
    expect(built).toMatchObject({ kind: 'char-rnn', cell: 'lstm', hiddenSize: 6 });
    const training = JSON.parse(metadata.get('training')!) as Record<string, Record<string, string>>;
    expect(training['settings']).toMatchObject({ hidden: '6', seed: '7', steps: '4', 'learning-rate': '0.005' });
    expect(training['settings']).not.toHaveProperty('config');
    expect(training['data']).toMatchObject({ name: 'book.txt', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    for (const each of [training['data']!['sha256']!, '<th scope="row">hidden</th>', '0.005', 'Seed']) {
      expect(page).toContain(each);
    }
    expect(page).toContain(`train ${book} --cell lstm --hidden 6`);
  });

  it('is the same as by the command line, to the bit', async () => {
    const config = file('same.json', JSON.stringify(settings));
    const [one, other] = [join(root, 'one'), join(root, 'other')];
    await run('train', book, '--config', config, '--out', one);
    const given = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
    await run('train', book, ...given, '--out', other);
    const bytes = (folder: string): Buffer => readFileSync(join(folder, 'model.safetensors'));
    expect(bytes(one)).toEqual(bytes(other));
  });

  it('tells what is wrong in the file, with lines', async () => {
    const config = file('wrong.json', '{\n  "hiden": 8,\n  "dropout": 2\n}');
    const { code, err } = await run('train', book, '--config', config);
    expect(code).toBe(2);
    expect(err).toContain('wrong.json:2:3: there is no option "hiden". Did you mean "hidden"?');
    expect(err).toContain('wrong.json:3:14: "dropout" is 2: give a number from 0, below 1.');
  });

  it('tells where sizes stand that are too large for the text', async () => {
    const config = file('large.json', '{ "steps": 2,\n  "batch": 64 }');
    const { code, err } = await run('train', book, '--config', config, '--time', '99', '--out', join(root, 'large'));
    expect(code).toBe(2);
    expect(err).toMatch(/large\.json:2:3: book\.txt is too short: .* "batch" 64 with --time 99 needs 6,337\./);
  });

  it('resumed, tells the whole course in its report', async () => {
    const out = join(root, 'resumed');
    const config = file('resumed.json', JSON.stringify({ ...settings, 'sample-every': 2, 'validation-fraction': 0 }));
    await run('train', book, '--config', config, '--out', out);
    await run('train', book, '--resume', out, '--steps', '8');
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    for (const step of [2, 4, 6, 8]) expect(page).toContain(`After step ${step}`);
  });
});

const small = [book, '--hidden=4', '--embedding=2', '--batch=2', '--time=8', '--steps=2'];
describeSettings(run, small);
describeEnding(main, small);

describe('a model of another app', () => {
  it.each(['sample', 'chat', 'eval', 'inspect', 'export'])(
    'is refused by %s with code 2, and named',
    async (command) => {
      const { model } = untrained('abc');
      const path = file(`tagger-${command}.safetensors`, await encodeModel({ model, config: { kind: 'tagger' } }));
      const { code, out, err } = await run(command, '--model', path);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('is of the kind "tagger"; a char-rnn model is needed');
    },
  );

  it('is refused by train --resume with code 2', async () => {
    const folder = join(root, 'of-tagger');
    mkdirSync(folder);
    const { model } = untrained('abc');
    writeFileSync(join(folder, 'last.safetensors'), await encodeModel({ model, config: { kind: 'tagger' } }));
    const { code, err } = await run('train', book, '--resume', folder);
    expect([code, err]).toEqual([2, expect.stringMatching(/is no run to go on with/)]);
  });
});

describe('a folder in the place of a file', () => {
  it('of a model, or of a run, is named with code 2', async () => {
    const folder = join(root, 'of-folders');
    for (const name of ['model.safetensors', 'last.safetensors']) mkdirSync(join(folder, name), { recursive: true });
    for (const [argv, name] of [
      [['sample', folder], 'model.safetensors'],
      [['train', book, '--resume', folder], 'last.safetensors'],
    ] as const) {
      const { code, err } = await run(...argv);
      expect([code, err]).toEqual([2, expect.stringContaining(`${join(folder, name)} is a folder. Give a file.`)]);
    }
  });
});

describe.skipIf(process.platform === 'win32')('a pipe in the place of a text (Windows has none)', () => {
  it('is refused, as nobody writes to it a second time', async () => {
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const { code, err } = await run('train', pipe, '--out', join(root, 'of-pipe'));
    const message = `${pipe} is a pipe or a device, and has to be read more than once.`;
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('a folder that can’t be written to', () => {
  const isFree = process.getuid?.() === 0 || process.platform === 'win32';
  it.skipIf(isFree)('is refused with code 2 (not tried as root, to whom nothing is forbidden)', async () => {
    const folder = join(root, 'read-only');
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    const { code, err } = await run('train', book, '--steps', '2', '--out', folder);
    expect([code, err]).toEqual([2, expect.stringMatching(/Nothing can be written to .*--out/)]);
  });
});
