import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SENTENCE } from '../../test/models.ts';
import { run, terminal as fakeTerminal } from '../../test/terminal.ts';
import { main } from './main.ts';

const root = mkdtempSync(join(tmpdir(), 'char-rnn-compare-'));
afterAll(() => rmSync(root, { recursive: true }));

const book = join(root, 'book.txt');
writeFileSync(book, SENTENCE.repeat(12));
const tiny = [
  '--hidden',
  '8',
  '--embedding',
  '4',
  '--batch',
  '2',
  '--time',
  '8',
  '--steps',
  '6',
  '--validate-every',
  '2',
];

describe('train --compare', () => {
  it('draws the curves, tells parameters, loss and time of each, and leaves a model of each', async () => {
    const out = join(root, 'out');
    const { code, out: text, err } = await run('train', book, ...tiny, '--compare', 'vanilla,lstm,gru', '--out', out);
    expect([code, err]).toEqual([0, '']);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u009b]/);
    expect(text).toMatch(/step 6: validation vanilla [\d.]+ bits, lstm [\d.]+ bits, gru [\d.]+ bits/);
    expect(text).toMatch(/^ +Parameters +Steps +Best validation +Last in training +Time +Characters\/s$/m);
    const parameters = [...text.matchAll(/^(vanilla|lstm|gru) +(\d+) +6 +\d\.\d+ +\d\.\d+ +0:0\d +[\d,]+$/gm)];
    expect(parameters.map(([, name]) => name)).toEqual(['vanilla', 'lstm', 'gru']);
    expect(text).toMatch(/\* vanilla {3}o lstm {3}\+ gru/);
    expect(readdirSync(out).toSorted()).toEqual(['curves.svg', 'gru', 'lstm', 'report.html', 'vanilla']);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    for (const each of ['vanilla, lstm, gru on book.txt', 'Results', '--compare vanilla,lstm,gru', 'SHA-256']) {
      expect(page).toContain(each);
    }
    expect(page.match(/<svg /g)).toHaveLength(2);
  });

  it('gives each model as if it had been trained alone', async () => {
    const [together, alone] = [join(root, 'together'), join(root, 'alone')];
    await run('train', book, ...tiny, '--dropout', '0.3', '--compare', 'gru,lstm', '--out', together);
    await run('train', book, ...tiny, '--dropout', '0.3', '--cell', 'lstm', '--out', alone);
    const bytes = (folder: string): Buffer => readFileSync(join(folder, 'model.safetensors'));
    expect(bytes(join(together, 'lstm'))).toEqual(bytes(alone));
  });

  it('lets each have its minutes, however many steps that are', async () => {
    const out = join(root, 'minutes');
    const clock = ['--minutes', '0.004', '--steps', '100000', '--validate-every', '5'];
    const { code, out: text } = await run(
      'train',
      book,
      ...tiny.slice(0, 8),
      ...clock,
      '--compare',
      'lstm,vanilla,gru',
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect(text).toContain('100,000 steps or 0 min each');
    const steps = [...text.matchAll(/^(?:vanilla|lstm|gru) +\d+ +([\d,]+) /gm)].map(([, each]) =>
      Number(each!.replaceAll(',', '')),
    );
    expect(steps).toHaveLength(3);
    const [least, most] = [Math.min(...steps), Math.max(...steps)].map((each) => each.toLocaleString('en'));
    const each = least === most ? `${least} steps each` : `${least} to ${most} steps`;
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(each);
    // Each is validated at its own end.
    for (const [i, name] of ['lstm', 'vanilla', 'gru'].entries()) {
      expect(text).toMatch(
        new RegExp(`^step ${steps[i]!.toLocaleString('en')}: validation .*${name} [\\d.]+ bits`, 'm'),
      );
    }
  });

  it('leaves the report of a run alone that is in the folder', async () => {
    const out = join(root, 'taken');
    await run('train', book, ...tiny, '--out', out);
    const before = readFileSync(join(out, 'report.html'));
    const { code, err } = await run('train', book, ...tiny, '--compare', 'gru,lstm', '--out', out);
    expect([code, err]).toEqual([2, expect.stringContaining('already holds a model')]);
    expect(readFileSync(join(out, 'report.html'))).toEqual(before);
  });

  it('is stopped as one by Ctrl-C, saved, each at the same step', async () => {
    const out = join(root, 'stopped');
    const terminal = fakeTerminal();
    terminal.stdout.onWrite = (text) => {
      if (text.startsWith('step 4: validation')) terminal.interrupt();
    };
    const argv = ['train', book, ...tiny, '--compare', 'gru,vanilla', '--out', out];
    expect(await main(argv, terminal)).toBe(130);
    for (const name of ['gru', 'vanilla']) {
      expect(terminal.stdout.text).toContain(`train ${book} --resume ${join(out, name)}\n`);
    }
    const goOn = await Promise.all(
      ['gru', 'vanilla'].map((name) => run('train', book, '--resume', join(out, name), '--steps', '8')),
    );
    const steps = goOn.map(({ out: text }) => /goes on after step (\d)/.exec(text)?.[1]);
    expect(steps).toEqual(['5', '5']);
  });

  it('tells the runs to go on with where nobody reads its output any more', async () => {
    const out = join(root, 'unread');
    const terminal = fakeTerminal();
    terminal.stdout.onWrite = (text) => {
      if (text.startsWith('step 4: validation')) terminal.closeOutput();
    };
    expect(await main(['train', book, ...tiny, '--compare', 'gru,vanilla', '--out', out], terminal)).toBe(130);
    const [gru, vanilla] = [join(out, 'gru'), join(out, 'vanilla')];
    expect(terminal.stderr.text).toContain(`Go on with --resume ${gru} or --resume ${vanilla}.\n`);
    expect((await run('train', book, '--resume', vanilla, '--steps', '8')).code).toBe(0);
  });

  it('lets the command line choose where the file says otherwise, and refuses both in one place', async () => {
    const config = join(root, 'cell.json');
    const of = async (settings: object, ...argv: readonly string[]) => {
      writeFileSync(config, JSON.stringify(settings));
      return run('train', book, ...tiny, '--config', config, '--overwrite', '--out', join(root, 'chosen'), ...argv);
    };
    expect((await of({ cell: 'lstm' }, '--compare', 'gru,lstm')).out).toMatch(/step 6: validation gru .*, lstm/);
    const single = await of({ compare: 'gru,lstm' }, '--cell', 'vanilla');
    expect(single).toMatchObject({ code: 0, err: '', out: expect.stringContaining('8 vanilla units') });
    expect(await of({ compare: 'gru,lstm', cell: 'gru' })).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${config}:1:23: Both "compare" and "cell" are given. A comparison has`),
    });
  });

  it.each([
    [['--compare', 'gru'], '--compare is gru: give at least 2 of vanilla, lstm, gru, with commas between.'],
    [['--compare', 'gru,gru'], 'give at least 2 of'],
    [['--compare', 'gru,rnn'], 'give at least 2 of'],
    [['--compare', 'gru,lstm', '--cell', 'gru'], 'Both --compare and --cell are given.'],
    [['--compare', 'gru,lstm', '--resume', 'x'], 'Both --compare and --resume are given.'],
  ])('%j is refused with code 2', async (argv, message) => {
    const { code, err } = await run('train', book, ...tiny, '--out', join(root, 'refused'), ...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
