import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel, encodeSafetensors } from '@unroll/io';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SENTENCE, untrained } from '../../test/models.ts';
import { run, terminal as fakeTerminal } from '../../test/terminal.ts';
import { main } from './main.ts';

const root = mkdtempSync(join(tmpdir(), 'char-rnn-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
let out = '';
beforeEach(() => (out = join(root, `out-${folders++}`)));

function file(name: string, content: string | Uint8Array): string {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
}

const book = file('book.txt', SENTENCE.repeat(12));
const tiny = ['--hidden', '8', '--embedding', '4', '--batch', '2', '--time', '8', '--steps', '6'];
const train = (...more: readonly string[]) => run('train', book, ...tiny, '--out', out, ...more);

describe('help', () => {
  it('is there for the program and each command, and has a result without an error', async () => {
    for (const argv of [[], ['--help'], ['-h'], ['help']]) {
      const { code, out, err } = await run(...argv);
      expect([code, err]).toEqual([0, '']);
      for (const name of ['train', 'sample', 'eval', 'demo', 'Exit codes', '130']) expect(out).toContain(name);
    }
    for (const name of ['train', 'sample', 'eval', 'demo']) {
      const { code, out } = await run(name, '--help');
      expect(code).toBe(0);
      expect(out).toContain(`char-rnn ${name}`);
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    }
  });

  it('tells every option of train with its default', async () => {
    const { out } = await run('train', '--help');
    for (const option of [
      '--text <file>',
      '--cell <vanilla|lstm|gru>',
      '--layers <n>',
      '--hidden <n>',
      '--embedding <n>',
      '--dropout <x>',
      '--learning-rate <x>',
      '--batch <n>',
      '--time <n>',
      '--steps <n>',
      '--minutes <x>',
      '--seed <n>',
      '--clip <x>',
      '--validation-fraction <x>',
      '--validate-every <n>',
      '--sample-every <n>',
      '--checkpoint-every <n>',
      '--temperature <x>',
      '--top-k <n>',
      '--top-p <p>',
      '--prime <text>',
      '--out <folder>',
      '--resume <folder>',
      '--overwrite',
      '--backend <wasm|cpu>',
      '--threads <n>',
      '--vectors <auto|256|128>',
    ]) {
      expect(out).toContain(option);
    }
    expect(out).toContain('kind of recurrent cell [gru]');
    expect(out).toContain('[char-rnn-model]');
  });

  it('has a version', async () => {
    expect(await run('--version')).toEqual({ code: 0, out: '1.2.3\n', err: '' });
  });
});

describe('wrong arguments', () => {
  it.each([
    [['trian'], 'There is no command trian. Did you mean train?'],
    [['--verbose'], 'There is no command --verbose.'],
    [['train', '--hiden', '3'], 'There is no option --hiden. Did you mean --hidden?'],
    [['train', '--hidden', '-3'], '--hidden is -3: give an integer from 1 to 65536.'],
    [['train', '--cell', 'rnn'], '--cell is rnn: give vanilla, lstm or gru.'],
    [['train', '--backend', 'gpu'], '--backend is gpu: give wasm or cpu.'],
    [['train', '--threads', '0'], '--threads is 0: give an integer from 1 to 64.'],
    [['train', '--dropout', '1'], '--dropout is 1: give a number from 0, below 1.'],
    [['train', '--learning-rate', '0'], '--learning-rate is 0: give a number above 0.'],
    [['train', '--minutes', 'two'], '--minutes is two: give a number above 0.'],
    [['train', '--top-p', '2'], '--top-p is 2: give a number above 0, up to 1.'],
    [['train', '--overwrite=maybe'], '--overwrite is maybe: it takes no value.'],
    [['train', '--overwrite='], '--overwrite is empty: it takes no value.'],
    [['train', '--steps'], '--steps needs a value: --steps <n>.'],
    [['train', '--text', '--steps', '3'], '--text needs a value'],
    [['train', 'a.txt', 'b.txt'], 'One argument too many: b.txt.'],
    [['sample', '--length', '1e3.5'], '--length is 1e3.5: give an integer from 0 on.'],
    [['sample', '--temperature', '-1'], '--temperature is -1: give a number from 0 on.'],
    [['eval', '--streams', '0'], '--streams is 0: give an integer from 1 on.'],
    [['demo', 'book.txt'], 'Unexpected argument: book.txt'],
  ])('%j end with code 2 and say what would do', async (argv, message) => {
    const { code, out, err } = await run(...argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
    expect(err).toMatch(/--help tells what is possible/);
  });
});

describe('options without effect', () => {
  beforeAll(async () => {
    await run('train', book, ...tiny, '--out', join(root, 'done'));
  });
  const done = join(root, 'done');

  it.each([
    [['train', '--backend', 'cpu', '--threads', '2'], '--threads has no effect where --backend is cpu.'],
    [['train', '--temperature', '0', '--top-k', '3'], '--top-k has no effect where --temperature is 0.'],
    [['train', '--temperature', '0', '--top-p', '0.5'], '--top-p has no effect where --temperature is 0.'],
    [['train', book, '--resume', done, '--steps', '9', '--overwrite'], '--overwrite has no effect with --resume'],
    [['eval', '--dynamic-rate', '0.1'], '--dynamic-rate has no effect without --dynamic.'],
    [['eval', '--dynamic-decay', '0.1'], '--dynamic-decay has no effect without --dynamic.'],
    [['eval', '--dynamic-time', '10'], '--dynamic-time has no effect without --dynamic.'],
    [['eval', '--backend', 'cpu', '--threads', '2'], '--threads has no effect where --backend is cpu.'],
    [['sample', '--temperature', '0', '--top-k', '3'], '--top-k has no effect where --temperature is 0.'],
    [['sample', done, '--temperature', '0', '--seed', '3'], '--seed has no effect where --temperature is 0'],
    [['demo', '--backend', 'cpu', '--threads', '2'], '--threads has no effect where --backend is cpu.'],
  ])('%j end with code 2', async (argv, message) => {
    const { code, out, err } = await run(...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });

  it('are no reason to refuse what the run itself has, or the demo', async () => {
    const own = ['--backend', 'cpu', '--steps', '8'];
    expect(await run('train', book, '--resume', done, ...own)).toMatchObject({ code: 0, err: '' });
    const threads = await run('train', book, '--resume', done, '--threads', '2', '--steps', '9');
    expect(threads).toMatchObject({ code: 2, err: expect.stringContaining('--threads has no effect') });
    expect((await run('demo', '--minutes', '0.001', '--backend', 'cpu', '--out', out)).code).toBe(0);
  });
});

describe('wrong files', () => {
  const folder = join(root, 'folder');
  mkdirSync(folder);

  it.each([
    ['a missing one', join(root, 'no.txt'), 'There is no file'],
    ['a folder', folder, 'is a folder. Give a file.'],
    ['an empty one', file('empty.txt', ''), 'is empty'],
    ['a byte order mark alone', file('bom.txt', new Uint8Array([0xef, 0xbb, 0xbf])), 'is empty'],
    [
      'Latin-1',
      file('latin1.txt', Buffer.from('first line\nna\u00efve caf\u00e9\n', 'latin1')),
      /latin1.txt:2: byte 0xEF after "na" is no UTF-8.*iconv -f ISO-8859-1/,
    ],
    ['UTF-16', file('utf16.txt', Buffer.from('\uFEFFhello', 'utf16le')), 'iconv -f UTF-16'],
    ['UTF-16 without a mark', file('bare16.txt', Buffer.from('hello, dear world', 'utf16le')), 'iconv -f UTF-16LE'],
    ['too short a text', file('short.txt', 'hello'), /short.txt is too short: it has 5 characters.*needs 17/],
  ])('%s as a text is refused with code 2', async (_, path, message) => {
    const { code, err } = await run('train', path, ...tiny, '--out', out);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(readdirSync(root)).not.toContain(out);
  });

  it('a text too short to keep a part of it is refused', async () => {
    const { code, err } = await run(
      'train',
      file('thirty.txt', SENTENCE),
      ...tiny,
      '--out',
      out,
      '--validation-fraction',
      '0.01',
    );
    expect([code, err]).toEqual([2, expect.stringContaining('Use --validation-fraction 0')]);
  });

  it.each([
    ['nothing', () => join(root, 'nowhere'), 'There is no model at'],
    ['a folder without one', () => folder, 'There is no model at'],
    ['a text', () => book, 'is no char-rnn model'],
    ['an empty file', () => file('empty.safetensors', ''), 'is no char-rnn model'],
    [
      'weights of another program',
      () =>
        file('other.safetensors', encodeSafetensors({ x: { dtype: 'F32', shape: [1], data: new Float32Array(1) } })),
      'instead of unroll',
    ],
  ])('%s as a model is refused with code 2', async (_, path, message) => {
    for (const command of ['sample', 'eval']) {
      const { code, out, err } = await run(command, '--model', path());
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(message);
    }
  });

  it('a model of another kind is refused with code 2', async () => {
    const { model } = untrained('abc');
    const path = file('tagger.safetensors', await encodeModel({ model, config: { kind: 'tagger' } }));
    const { code, err } = await run('sample', path);
    expect([code, err]).toEqual([2, expect.stringContaining('is of the kind "tagger"')]);
  });

  it('a folder that nothing can be written to is refused with code 2, before any work', async () => {
    const { code, out: text, err } = await run('train', book, ...tiny, '--out', join(book, 'inside-of-a-file'));
    expect([code, text]).toEqual([2, '']);
    expect(err).toMatch(/Nothing can be written to .*ENOTDIR.*Choose another folder with --out/);
  });
});

describe('train', () => {
  it('writes plain lines where there is no terminal, and leaves a model and a run', async () => {
    const { code, out: text, err } = await train('--validate-every', '2', '--sample-every', '3');
    expect([code, err]).toEqual([0, '']);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u009b]/);
    expect(text).toContain('Text   book.txt: 540 characters, 29 different');
    expect(text).toContain('step 2: validation ');
    expect(text).toContain('step 3: a sample');
    expect(text).toContain(`char-rnn sample ${out}`);
    expect(readdirSync(out).toSorted()).toEqual(['last.safetensors', 'model.safetensors', 'report.html']);
  });

  it('says which characters of the prime the text does not have', async () => {
    expect((await train('--prime', 'the ßé')).out).toContain('the text has no "ß", "é", as the prime has');
    expect((await train('--prime', 'the', '--overwrite')).out).not.toContain('the text has no');
  });

  it('reads Windows line ends as \\n', async () => {
    const windows = file('windows.txt', SENTENCE.replaceAll('\n', '\r\n').repeat(12));
    const { out: text } = await run('train', windows, ...tiny, '--out', out);
    expect(text).toContain('540 characters, 29 different');
    expect(text).toContain(String.raw`line ends \r\n are read as \n`);
  });

  it('does not touch a model that is there, unless it may', async () => {
    await train();
    const before = readFileSync(join(out, 'model.safetensors'));
    const { code, err } = await train('--seed', '2');
    expect([code, err]).toEqual([2, expect.stringContaining('already holds a model')]);
    expect(readFileSync(join(out, 'model.safetensors'))).toEqual(before);
    expect((await train('--seed', '2', '--overwrite')).code).toBe(0);
    expect(readFileSync(join(out, 'model.safetensors'))).not.toEqual(before);
  });

  it('is the same again with the same seed', async () => {
    await train('--dropout', '0.2');
    const first = readFileSync(join(out, 'model.safetensors'));
    await train('--dropout', '0.2', '--overwrite');
    expect(readFileSync(join(out, 'model.safetensors'))).toEqual(first);
  });

  it('resumed is, to the bit, as if never stopped', async () => {
    const options = ['--dropout', '0.2', '--layers', '2', '--cell', 'lstm', '--validate-every', '2'];
    await train(...options);
    const whole = join(out, 'model.safetensors');
    const parts = `${out}-parts`;
    const terminal = fakeTerminal();
    terminal.stdout.onWrite = (text) => {
      if (text.startsWith('step 3: loss')) terminal.interrupt();
    };
    const stopped = await main(['train', book, ...tiny, ...options, '--validate-every', '3', '--out', parts], terminal);
    expect(stopped).toBe(130);
    expect(terminal.stdout.text).toContain('Stopped at step 3');
    const { code, out: text } = await run('train', book, '--resume', parts, '--validate-every', '2');
    expect(code).toBe(0);
    expect(text).toContain('goes on after step 3');
    expect(readFileSync(join(parts, 'model.safetensors'))).toEqual(readFileSync(whole));
  });

  it('refuses to resume what does not fit, and says why', async () => {
    expect((await train()).code).toBe(0);
    const other = file('other.txt', `${SENTENCE.repeat(12)}!`);
    const resume = ['--resume', out];
    const messages: readonly (readonly [readonly string[], string])[] = [
      [[book, ...resume], 'The run has taken 6 steps, and 6 are asked for. Give more: --steps 12.'],
      [[book, ...resume, '--hidden', '9'], "--hidden is 8 in this run and can't become 9."],
      [[other, ...resume, '--steps', '9'], 'is not what the run in'],
      [[...resume, '--steps', '9'], 'learns from book.txt. Give that file too'],
      [[book, '--resume', join(root, 'nowhere')], 'to go on with: it has no last.safetensors'],
    ];
    for (const [argv, message] of messages) {
      const { code, err } = await run('train', ...argv);
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
    expect((await run('train', book, ...resume, '--steps', '8', '--hidden', '8.0')).code).toBe(0);
  });

  it('at a second Ctrl-C leaves at once', async () => {
    const terminal = fakeTerminal();
    let left = '';
    terminal.stdout.onWrite = (text) => {
      if (!text.startsWith('step 2: loss')) return;
      terminal.interrupt();
      try {
        terminal.interrupt();
      } catch (error) {
        left = (error as Error).message;
      }
    };
    await main(['train', book, ...tiny, '--out', out, '--validate-every', '1'], terminal);
    expect(left).toBe('left with 130');
  });

  it('says what computes, and a resumed run goes on with the same', async () => {
    expect((await train('--vectors', '128')).out).toMatch(/^ +on wasm: WebAssembly SIMD, one thread;/m);
    expect((await train('--overwrite', '--vectors', '128', '--threads', '2')).out).toMatch(
      /^ +on wasm: WebAssembly SIMD, (2|1 of 2) threads;/m,
    );
    expect((await train('--overwrite', '--backend', 'cpu')).out).toMatch(/^ +on cpu: plain JavaScript/m);
    const resume = ['train', book, '--resume', out, '--steps'];
    expect((await run(...resume, '8')).out).toMatch(/^ +on cpu: /m);
    expect((await run(...resume, '10', '--backend', 'wasm')).out).toMatch(/^ +on wasm: /m);
    expect((await run(...resume, '12')).out).toMatch(/^ +on wasm: /m);
  });

  it('leaves the same weights with vectors of 256 bits, where there are some', async () => {
    const models: Buffer[] = [];
    /** Behind the header, which tells the options. */
    const weightsOf = (model: Buffer): Buffer => model.subarray(8 + Number(model.readBigUInt64LE(0)));
    for (const vectors of ['128', 'auto', '256']) {
      const { code, out: said } = await train('--overwrite', '--vectors', vectors);
      expect(code).toBe(0);
      if (vectors === '256')
        expect(said).toMatch(/in vectors of 256 bits|vectors of 256 bits (were asked for|gain too little)/);
      models.push(weightsOf(readFileSync(join(out, 'model.safetensors'))));
    }
    expect(models[0]!.length).toBeGreaterThan(1000);
    for (const model of models) expect(model.equals(models[0]!)).toBe(true);
  });

  it('learns the same on every backend, up to rounding', async () => {
    const lossOn = async (...backend: readonly string[]): Promise<number> => {
      const { out: text } = await train('--overwrite', '--validate-every', '6', ...backend);
      return Number(/validation ([\d.]+) nats/.exec(text)?.[1]);
    };
    const loss = await lossOn('--backend', 'cpu');
    expect(loss).toBeGreaterThan(0);
    expect(Math.abs((await lossOn()) - loss)).toBeLessThanOrEqual(0.001);
    expect(Math.abs((await lossOn('--threads', '2')) - loss)).toBeLessThanOrEqual(0.001);
  });

  it('says where it stands when it diverges', async () => {
    const { code, err } = await train('--learning-rate', '1e38', '--clip', '1e30', '--checkpoint-every', '1');
    expect(code).toBe(1);
    expect(err).toContain('is kept in');
    expect(err).toMatch(/the loss is|the gradient of|validation/);
  });
});

describe('sample', () => {
  beforeAll(async () => {
    await run('train', book, ...tiny, '--out', join(root, 'model'));
  });
  const sample = (...more: readonly string[]) => run('sample', join(root, 'model'), '--length', '40', ...more);

  it('writes the prime, then as many characters, the same for the same seed', async () => {
    const { code, out, err } = await sample('--seed', '1', '--prime', 'the ');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^the .{40}\n$/su);
    expect((await sample('--seed', '1', '--prime', 'the ')).out).toBe(out);
    expect((await sample('--seed', '2', '--prime', 'the ')).out).not.toBe(out);
  });

  it('begins by itself without a prime', async () => {
    expect((await sample('--prime', '')).out).toMatch(/^.{40}\n$/su);
  });

  it('warns of unknown characters in the prime, and writes on', async () => {
    const { code, out, err } = await sample('--prime', 'thé foé ß');
    expect(code).toBe(0);
    expect(out).toMatch(/^thé foé ß.{40}\n$/su);
    expect(err).toBe('The model does not know "é" (2 times), "ß". It reads the prime without what they mean.\n');
  });

  it('takes the folder, the model file or the checkpoint', async () => {
    const texts = await Promise.all(
      ['', 'model.safetensors', 'last.safetensors'].map((name) =>
        run('sample', '--model', join(root, 'model', name), '--length', '20', '--temperature', '0'),
      ),
    );
    expect(new Set(texts.map(({ out }) => out)).size).toBe(1);
  });
});

describe('eval', () => {
  it('tells how well a model foretells a text, and what it does not know', async () => {
    await run('train', book, ...tiny, '--out', out);
    const { code, out: text, err } = await run('eval', file('judged.txt', 'the lazy fox é é\n'), '--model', out);
    expect(code).toBe(0);
    const [nats, bits, perplexity, characters, unknown] = text
      .trim()
      .split('\n')
      .map((line) => Number(line.split(/ {2,}/)[1]));
    expect(nats).toBeGreaterThan(0);
    expect(bits).toBeCloseTo(nats! / Math.LN2, 3);
    expect(perplexity).toBeCloseTo(Math.exp(nats!), 1);
    expect([characters, unknown]).toEqual([14, 2]);
    expect(text).toContain('backend              wasm: WebAssembly SIMD');
    expect(err).toBe('The model does not know "é" (2 times). They are not counted.\n');
  });
});

describe('files that can’t be written or judged', () => {
  it.each([
    [
      ['export', '--out', join(root, 'no', 'x.safetensors')],
      /x\.safetensors can't be written: there is no folder .*no\. Choose/,
    ],
    [['export', '--overwrite', '--out', root], /is a folder\. Choose another file with --out\./],
    [['export', '--out', join(book, 'x')], /can't be written: ENOTDIR: not a directory\. Choose/],
    [['inspect', '--draw', join(root, 'no', 'x.svg')], /there is no folder .*no\. Choose another file with --draw\./],
    [['inspect', '--draw', 'x.png'], /--draw is x\.png: give a file that ends in \.html or \.svg\./],
    [['inspect', '--text', ''], /--text is empty/],
    [['eval', file('foreign.txt', 'éßé')], /The model knows none of the characters of foreign\.txt/],
    [['eval', file('first.txt', 'eß')], /The model knows none of the characters of first\.txt that it would foretell/],
    [['eval', file('one.txt', 'e')], /one\.txt is too short: it has 1 character\(s\), and 2 are needed\./],
    [['eval', book, '--streams', '700'], /each of 700 streams needs 2\. Give fewer --streams\./],
  ])('%j ends with code 2', async (argv, message) => {
    await run('train', book, ...tiny, '--out', out);
    const { code, err } = await run(...argv, '--model', out);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    expect(readdirSync(root).filter((name) => name.startsWith('.unroll'))).toEqual([]);
  });

  it('a text with unknown characters is inspected, with a warning', async () => {
    await run('train', book, ...tiny, '--out', out);
    const { code, err } = await run('inspect', out, 'the ß', '--over', book);
    expect([code, err]).toEqual([0, 'The model does not know "ß". It reads on without what they mean.\n']);
    const foreign = file('once.txt', `ß${SENTENCE.repeat(12)}`);
    const { err: once } = await run('inspect', out, '--over', foreign);
    expect(once).toBe('The model does not know "ß". It reads on without what they mean.\n');
  });
});

describe('train whose output nobody reads any more', () => {
  it('is saved, and can go on', async () => {
    const terminal = fakeTerminal();
    terminal.stdout.onWrite = (text) => {
      if (text.startsWith('step 2: loss')) terminal.closeOutput();
    };
    const argv = ['train', book, ...tiny, '--validate-every', '1', '--out', out];
    expect(await main(argv, terminal)).toBe(130);
    expect(terminal.stderr.text).toBe(
      `Nobody reads the output any more: finishing this step and saving. Go on with --resume ${out}.\n`,
    );
    expect((await run('train', book, '--resume', out)).out).toMatch(/goes on after step [23]\n/);
  });
});

describe('demo', () => {
  it('learns for as long as it is told, writes a passage, and says what to try next', async () => {
    const { code, out: text, err } = await run('demo', '--minutes', '0.001', '--out', out);
    expect([code, err]).toEqual([0, '']);
    expect(text).toContain('A tale of its own:\n\nTHE ');
    const commands = text.split('\n').filter((line) => line.startsWith('  char-rnn '));
    expect(commands.length).toBeGreaterThanOrEqual(3);
    const sample = commands.find((line) => line.includes('--prime'))!;
    const words = sample.trim().match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', '')); // prettier-ignore
    expect((await run(...words.slice(1), '--length', '10')).out).toMatch(/^RIDDLE. .{10}\n$/su);
    // It may be run again.
    expect((await run('demo', '--minutes', '0.001', '--out', out)).code).toBe(0);
  });
});
