import { FakeTerminal } from '@unroll/app-kit/testing';
import { encodeModel, encodeSafetensors } from '@unroll/io';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { untrained } from '../../test/taggers.ts';
import { run } from '../../test/terminal.ts';
import { main } from './main.ts';

const root = mkdtempSync(join(tmpdir(), 'tagger-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
let out = '';
beforeEach(() => (out = join(root, `out-${folders++}`)));

function file(name: string, content: string | Uint8Array): string {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
}

const SENTENCE = 'Ada B-PER\nLovelace I-PER\nmet O\nAlan B-PER\n\nLondon B-LOC\nis O\nbig O\n\n';
const names = file('names.conll', SENTENCE.repeat(12));
const upos = file(
  'upos.conllu',
  '1\tdogs\t_\tNOUN\t_\t_\t_\t_\t_\t_\n2\tbark\t_\tVERB\t_\t_\t_\t_\t_\t_\n\n'.repeat(12),
);
/** With vectors, whose size is that of the words. */
const others = ['--character-embedding=4', '--characters=3', '--hidden=6', '--batch=4', '--epochs=2'];
const tiny = ['--word-embedding=6', ...others];
const train = (...more: readonly string[]) => run('train', names, ...tiny, '--out', out, ...more);

/** A command line with something at the standard input. */
async function given(input: string | Uint8Array | undefined, ...argv: readonly string[]) {
  const terminal = new FakeTerminal('tagger', input === undefined ? {} : { input });
  const code = await main(argv, terminal);
  return { code, out: terminal.stdout.text, err: terminal.stderr.text };
}

describe('help', () => {
  it('is there for the program and each command, and fits a terminal', async () => {
    const { code, out, err } = await run('--help');
    expect([code, err]).toEqual([0, '']);
    for (const name of ['train', 'tag', 'eval', 'demo']) {
      expect(out).toContain(name);
      const help = await run(name, '--help');
      expect(help.code).toBe(0);
      expect(help.out).toContain(`tagger ${name}`);
      expect(Math.max(...help.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    }
  });
});

describe('wrong arguments', () => {
  it.each([
    [['trian'], 'There is no command trian. Did you mean train?'],
    [['train', '--hiden', '3'], 'There is no option --hiden. Did you mean --hidden?'],
    [['train', '--direction', 'back'], '--direction is back: give both or forward.'],
    [['train', '--word-dropout', '1'], '--word-dropout is 1: give a number from 0, below 1.'],
    [['train', '--backend', 'gpu'], '--backend is gpu: give wasm or cpu.'],
    [['tag', 'a', '--json', '--conll'], 'Both --json and --conll are given.'],
    [['tag', 'a', '--language', '?'], '--language is ?: give a language tag'],
    [['tag'], 'There is nothing to tag.'],
    [['tag', ' '], 'There is nothing to tag.'],
    [['eval', '--confusion', 'a.png'], '--confusion is a.png: give a file that ends in .svg or .html.'],
    [['tag', 'a', '--draw', 'a.png'], '--draw is a.png: give a file that ends in .svg.'],
    [['demo', 'a'], 'Unexpected argument: a'],
  ])('%j end with code 2 and say what would do', async (argv, message) => {
    const { code, out, err } = await run(...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).toMatch(/--help tells what is possible/);
  });
});

describe('options without effect', () => {
  const none = (...given: readonly string[]) => ['train', names, ...given];
  it.each([
    [none('--vector-words', '5'), '--vector-words has no effect without --word-vectors.'],
    [none('--word-vectors', names, '--word-embedding', '5'), '--word-embedding has no effect with --word-vectors.'],
    [none('--character-width', '5'), '--character-width has no effect where --character-model is lstm.'],
    [none('--characters', '0', '--character-model', 'cnn'), '--character-model has no effect where --characters is 0.'],
    [
      none('--characters', '0', '--character-embedding', '9'),
      '--character-embedding has no effect where --characters is 0.',
    ],
    [
      none('--validation', names, '--validation-fraction', '0.2'),
      '--validation-fraction has no effect with --validation.',
    ],
    [['train', '--validation-fraction', '0.2'], '--validation-fraction has no effect without --data.'],
    [['train', '--format', 'conll'], '--format has no effect without --data and without --validation.'],
    [['train', '--tag-column', '2'], '--tag-column has no effect without --data and without --validation.'],
    [none('--format', 'conllu', '--word-column', '2'), '--word-column has no effect where --format is conllu.'],
    [['train', upos, '--tag-column', '4'], `--tag-column has no effect where ${upos} is CoNLL-U.`],
    [['train', upos, '--scheme', 'bio'], '--scheme has no effect: the tags of upos.conllu are no parts of spans'],
    [['train', '--scheme', 'bioes'], '--scheme has no effect: the tags of built-in English are no parts of spans'],
    [none('--backend', 'cpu', '--threads', '2'), '--threads has no effect where --backend is cpu.'],
    [['eval', '--format', 'conllu'], '--format has no effect without --data.'],
    [['eval', upos, '--word-column', '2'], `--word-column has no effect where ${upos} is CoNLL-U.`],
    [['eval', names, '--backend', 'cpu', '--threads', '2'], '--threads has no effect'],
    [['demo', '--backend', 'cpu', '--threads', '2'], '--threads has no effect'],
    [['tag', 'a', '--json', '--confidence'], '--confidence has no effect with --json.'],
    [['tag', 'a', '--tokenised', '--language', 'de'], '--language has no effect with --tokenised.'],
  ])('%j are refused with the reason', async (argv, message) => {
    const { code, out: written, err } = await run(...argv, ...(argv[0] === 'train' ? ['--out', out] : []));
    expect([code, written]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).toContain('Leave it out.');
    expect(existsSync(out)).toBe(false);
  });

  it('are taken where they have one', async () => {
    const columns = file('columns.conll', 'Ada x B-PER y\nmet x O y\n\n'.repeat(12));
    const given = ['--word-column', '1', '--tag-column', '3', '--characters', '3', '--character-model', 'cnn'];
    const sizes = ['--character-width', '2', '--word-embedding', '4', '--hidden', '4', '--epochs', '1'];
    const { code, err } = await run('train', columns, ...given, ...sizes, '--scheme', 'bioes', '--out', out);
    expect([code, err]).toEqual([0, '']);
  });

  it('that has no sentence to draw is told', async () => {
    const picture = join(root, 'nothing.svg');
    const { code, err } = await given('\n\n', 'tag', '--draw', picture, '--model', model);
    expect([code, err]).toEqual([0, expect.stringContaining(`so ${picture} was not drawn`)]);
    expect(existsSync(picture)).toBe(false);
  });
});

describe('columns', () => {
  it('may be lined up by several spaces, and have some behind them', async () => {
    const lined = file('lined.conll', readFileSync(names, 'utf8').replaceAll(' ', '    ').replaceAll('\n', '  \n'));
    const told = async (path: string): Promise<readonly string[]> => {
      const { code, out: said } = await run('eval', path, '--model', model);
      expect(code).toBe(0);
      return said.split('\n').slice(1);
    };
    expect(await told(lined)).toEqual(await told(names));
  });
});

describe('pictures', () => {
  it.each([
    [['tag', 'Ada', '--draw'], 'draw'],
    [['eval', names, '--confusion'], 'confusion'],
  ])('%j where nothing can be written end with code 2', async (argv, option) => {
    const folder = join(root, `taken-${option}.svg`);
    mkdirSync(folder);
    for (const [path, message] of [
      [
        join(root, 'nowhere', 'a.svg'),
        `there is no folder ${join(root, 'nowhere')}. Choose another file with --${option}`,
      ],
      [folder, `${folder} is a folder. Choose another file with --${option}`],
    ] as const) {
      const { code, out: written, err } = await run(...argv, path, '--model', model);
      expect([code, written]).toEqual([2, '']);
      expect(err).toContain(message);
    }
    expect(readdirSync(root).filter((name) => name.startsWith('.unroll'))).toEqual([]);
  });

  it('are there before anything is said, as the reader may stop there', async () => {
    const picture = join(root, 'before.html');
    const terminal = new FakeTerminal('tagger');
    terminal.stdout.onWrite = () => expect(existsSync(picture)).toBe(true);
    expect(await main(['eval', names, '--confusion', picture, '--model', model], terminal)).toBe(0);
    expect(terminal.stdout.text).toContain(`The confusion matrix is in ${picture}.`);
    const page = readFileSync(picture, 'utf8');
    expect(page).toMatch(/<th scope="col" class="">\s*Tag\s*<.th>/);
    expect(page).toMatch(/<th scope="col" class="number">\s*Words\s*<.th>/);
  });
});

describe('wrong files', () => {
  const folder = join(root, 'folder');
  mkdirSync(folder);

  it.each([
    ['a missing one', join(root, 'no.conll'), 'There is no file'],
    ['a folder', folder, 'is a folder. Give a file.'],
    ['an empty one', file('empty.conll', ''), 'is empty'],
    ['an empty CoNLL-U file', file('empty.conllu', '\n\n'), 'is empty'],
    ['Latin-1', file('latin1.conll', Buffer.from('Zürich B-LOC\nist O\n', 'latin1')), /latin1\.conll:1: .*UTF-8/],
    ['Latin-1 further down', file('late.conll', Buffer.from('it O\n\nZürich B-LOC\n', 'latin1')), /late\.conll:3: /],
    ['a missing column', file('missing.conll', 'Ada B-PER\nwrote\n'), 'missing.conll:2: 1 columns instead of 2'],
    ['one column', file('words.conll', 'Ada\nwrote\n'), 'has 1 column(s)'],
    [
      'another separator further down',
      file('mixed.conll', 'Ada B-PER\nwrote\tO\n'),
      /mixed\.conll:2: 1 columns .* By "\\t" it has 2: use one of them in the whole file\./,
    ],
    ['a column too many', file('wide.conll', 'Ada O\nwrote it O\n'), /wide\.conll:2: 3 columns .* Mend the line\./],
    ['an empty tag', file('untagged.conll', 'Ada\tX\nwrote\t\n'), /untagged\.conll:1: .* neither may be empty/],
    ['CoNLL-U with spaces', file('spaces.conllu', '1 dogs _ NOUN _ _ _ _ _ _\n'), 'spaces.conllu:1: 1 columns instead'],
    [
      'CoNLL-U without tags',
      file('bare.conllu', '1\tdogs\t_\t_\t_\t_\t_\t_\t_\t_\n'),
      'the word "dogs" has no part of speech',
    ],
    ['a damaged gzip file', file('bad.conll.gz', 'not gzip'), 'no whole gzip file'],
  ])('%s as data is refused with code 2', async (_, path, message) => {
    for (const argv of [
      ['train', path, ...tiny, '--out', out],
      ['eval', path, '--model', model],
    ]) {
      const { code, err } = await run(...argv);
      expect([code, err]).toEqual([2, expect.stringMatching(typeof message === 'string' ? escaped(message) : message)]);
    }
    expect(existsSync(out)).toBe(false);
  });

  it('columns that there are not are refused', async () => {
    const { code, err } = await train('--tag-column', '3');
    expect([code, err]).toEqual([2, expect.stringContaining('tags in column 3. Name others')]);
  });

  it.each([
    ['nothing', () => join(root, 'nowhere'), 'There is no model at'],
    ['a folder without one', () => folder, 'There is no model at'],
    ['a text', () => names, 'is no tagger model'],
    ['an empty file', () => file('empty.safetensors', ''), 'is no tagger model'],
    [
      'weights of another program',
      () =>
        file('other.safetensors', encodeSafetensors({ x: { dtype: 'F32', shape: [1], data: new Float32Array(1) } })),
      'instead of unroll',
    ],
  ])('%s as a model is refused with code 2', async (_, path, message) => {
    for (const argv of [
      ['tag', 'Ada'],
      ['eval', names],
    ]) {
      const { code, out, err } = await run(...argv, '--model', path());
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(message);
    }
  });

  it('a model of another app is refused with code 2', async () => {
    const bytes = await encodeModel({ model: untrained().model, config: { kind: 'char-rnn' } });
    const { code, err } = await run('tag', 'Ada', '--model', file('char-rnn.safetensors', bytes));
    expect([code, err]).toEqual([2, expect.stringContaining('is of the kind "char-rnn"; a tagger model is needed')]);
  });

  it('Latin-1 at the standard input is refused with code 2', async () => {
    const { code, err } = await given(Buffer.from('Zürich', 'latin1'), 'tag', '--model', model);
    expect([code, err]).toEqual([2, expect.stringContaining('the standard input:1')]);
    expect(err).toContain('convert it, say from ISO-8859-1: iconv');
    expect((await given(Buffer.from('\uFEFFZürich', 'utf16le'), 'tag', '--model', model)).err).toContain('UTF-16');
  });
});

function escaped(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
}

describe('train', () => {
  it('writes plain lines where there is no terminal, and leaves a model and a run', async () => {
    const { code, out: text, err } = await train('--validate-every', '2', '--crf');
    expect([code, err]).toEqual([0, '']);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u009b]/);
    expect(text).toContain('Data   names.conll: 21 sentences');
    expect(text).toMatch(/step 2: validation F1 of spans \d+\.\d\d %/);
    expect(text).toContain('tagger tag ');
    expect(readdirSync(out).toSorted()).toEqual(['last.safetensors', 'model.safetensors', 'report.html']);
  });

  it('reads CoNLL-U, Windows line ends and a file to check by', async () => {
    const windows = file('windows.conllu', readFileSync(upos, 'utf8').replaceAll('\n', '\r\n'));
    const { code, out: text } = await run('train', windows, ...tiny, '--out', out, '--validation', upos);
    expect(code).toBe(0);
    expect(text).toContain('windows.conllu: 12 sentences, 24 words');
    expect(text).toMatch(/12 sentences to check by[^]*validation accuracy/);
  });

  it('reads lines of nothing but a tab as the end of a sentence', async () => {
    const tabs = file('tabs.conll', SENTENCE.replaceAll(' ', '\t').replaceAll('\n\n', '\n\t\n').repeat(12));
    const { code, out: text } = await run('train', tabs, ...tiny, '--validation', names, '--out', out);
    expect([code, text]).toEqual([0, expect.stringContaining('tabs.conll: 24 sentences, 84 words')]);
  });

  it('does not touch a model that is there, unless it may', async () => {
    await train();
    const before = readFileSync(join(out, 'model.safetensors'));
    const { code, err } = await train('--seed', '2');
    expect([code, err]).toEqual([2, expect.stringContaining('already holds a model')]);
    expect((await train('--seed', '2', '--overwrite')).code).toBe(0);
    expect(readFileSync(join(out, 'model.safetensors'))).not.toEqual(before);
  });

  it('stopped by Ctrl-C and resumed is, to the bit, as if never stopped', async () => {
    const options = ['--dropout', '0.2', '--crf', '--validate-every', '5'];
    await train(...options);
    const parts = `${out}-parts`;
    const terminal = new FakeTerminal('tagger');
    terminal.stdout.onWrite = (text) => {
      if (text.startsWith('step 5: loss')) terminal.interrupt();
    };
    expect(await main(['train', names, ...tiny, ...options, '--out', parts], terminal)).toBe(130);
    expect(terminal.stdout.text).toContain(`tagger train ${names} --resume ${parts}`);
    const { code, out: text } = await run('train', names, '--resume', parts);
    expect([code, text]).toEqual([0, expect.stringContaining('goes on after step 5')]);
    expect(readFileSync(join(parts, 'model.safetensors'))).toEqual(readFileSync(join(out, 'model.safetensors')));
  });

  it('begins with word vectors, and goes on without their file', async () => {
    const vectors = file('vectors.txt', 'ada 1 2 3\nzed 4 5 6\nmet 0 0 1\n');
    const { code, out: text } = await run('train', names, ...others, '--out', out, '--word-vectors', vectors);
    expect([code, text]).toEqual([0, expect.stringContaining('vectors of 3 numbers for 2 words of the data')]);
    expect((await run('tag', 'Zed', '--model', out)).code).toBe(0);
    rmSync(vectors);
    expect((await run('train', names, '--resume', out, '--epochs', '3')).code).toBe(0);
  });

  it.each([
    ['missing', () => join(root, 'no-vectors.txt'), 'There is no file'],
    ['a folder', () => root, 'is a folder. Give a file.'],
    ['empty', () => file('none.txt', ''), 'has no vectors'],
    [
      'no vectors',
      () => file('novel.txt', 'It was a dark night\n'),
      'novel.txt has a vector for none of the words to learn from',
    ],
    ['cut off', () => file('cut.txt', 'ada 1 2\nmet 1\n'), 'cut.txt:2: 1 numbers instead of 2'],
    ['Latin-1', () => file('latin1.vec', Buffer.from('Zürich 1 2\n', 'latin1')), 'latin1.vec:1: '],
  ])('word vectors that are %s are refused with code 2', async (_, path, message) => {
    const { code, err } = await run('train', names, ...others, '--out', out, '--word-vectors', path());
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(join(out, 'model.safetensors'))).toBe(false);
  });

  it('rewrites spans as BIOES, tags so, and is checked by BIO as well', async () => {
    const { code } = await train('--scheme', 'bioes', '--crf', '--epochs', '30', '--learning-rate', '0.02');
    expect(code).toBe(0);
    expect((await run('tag', 'Ada Lovelace met Alan', '--model', out)).out).toBe(
      'Ada/B-PER Lovelace/E-PER met/O Alan/S-PER\n',
    );
    expect((await run('eval', names, '--model', out)).out).toContain('span F1         100.00 %');
  });

  it('compares with IOB1 as with BIO, in samples and in what it counts', async () => {
    const iob = file('iob1.conll', SENTENCE.replaceAll('B-', 'I-').repeat(3));
    const settings = ['--epochs', '30', '--learning-rate', '0.02', '--validation', iob];
    const { out: told } = await train('--scheme', 'bioes', ...settings);
    expect(told.slice(told.lastIndexOf(': a sample'))).toMatch(/Ada\/B-PER Lovelace\/E-PER/);
    await train(...settings, '--overwrite');
    expect((await run('eval', iob, '--model', out)).out).toMatch(/accuracy +100.00 %[^]*span F1 +100.00 %/);
  });

  it('takes its options from a file, and the command line goes before it', async () => {
    const config = file('tiny.json', '// as tests like it\n{"hidden": 7, "crf": true, "epochs": 1}');
    const { code, out: text } = await run('train', names, '--config', config, '--hidden', '5', '--out', out);
    expect([code, text]).toEqual([0, expect.stringMatching(/5 LSTM units both ways.* crf/)]);
    const wrong = file('wrong.json', '{\n  "hidden": "7",\n  "dropuot": 0.3\n}');
    const { code: refused, err } = await run('train', names, '--config', wrong, '--out', `${out}-wrong`);
    expect([refused, err]).toEqual([2, expect.stringContaining('wrong.json:3:3: there is no option "dropuot".')]);
  });

  it('refuses to resume what does not fit, and says why', async () => {
    expect((await train()).code).toBe(0);
    const resume = ['--resume', out];
    const messages: readonly (readonly [readonly string[], string])[] = [
      [[names, ...resume], 'Give more: --epochs 4.'],
      [[names, ...resume, '--hidden', '9'], "--hidden is 6 in this run and can't become 9."],
      [[names, ...resume, '--epochs', '9', '--validation', upos], "began without --validation, and can't get it now"],
      [[upos, ...resume, '--epochs', '9'], 'is not what the run'],
      [[...resume, '--epochs', '9'], 'learns from names.conll. Give that file too'],
      [[names, '--resume', join(root, 'nowhere')], 'to go on with: it has no last.safetensors'],
    ];
    for (const [argv, message] of messages) {
      const { code, err } = await run('train', ...argv);
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
  });
});

let model = '';
beforeAll(async () => {
  model = join(root, 'model');
  const { code } = await run(
    'train',
    names,
    ...tiny,
    '--epochs',
    '40',
    '--learning-rate',
    '0.02',
    '--crf',
    '--out',
    model,
  );
  if (code !== 0) throw new Error('The model for the tests was not made.');
});

describe('tag', () => {
  const argv = ['--model', join(root, 'model')];

  it('tags an argument, or the standard input line by line', async () => {
    const line = 'Ada/B-PER Lovelace/I-PER met/O Alan/B-PER';
    expect(await run('tag', 'Ada Lovelace met Alan', ...argv)).toEqual({ code: 0, out: `${line}\n`, err: '' });
    const { out } = await given('Ada Lovelace met Alan\r\n\r\nAda Lovelace met Alan', 'tag', '--tokenised', ...argv);
    expect(out).toBe(`${line}\n${line}\n`);
    expect((await given('', 'tag', ...argv)).out).toBe('');
  });

  it('takes lines and sentences without an end in pieces', async () => {
    const { code, out } = await given('Ada '.repeat(40_000), 'tag', '--json', ...argv);
    const sizes = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { words: readonly string[] }).words.length);
    expect([code, sizes.reduce((sum, size) => sum + size, 0)]).toEqual([0, 40_000]);
    expect(Math.max(...sizes)).toBe(256);
  });

  it('writes JSON lines and CoNLL, with confidences', async () => {
    const { out: json } = await run('tag', 'London is big', '--json', ...argv);
    const parsed = JSON.parse(json) as Record<string, unknown[]>;
    expect(parsed).toMatchObject({ words: ['London', 'is', 'big'], tags: ['B-LOC', 'O', 'O'] });
    for (const confidence of parsed['confidences']!) expect(confidence).toBeGreaterThan(0);
    const { out: conll } = await run('tag', 'London is big', '--conll', '--confidence', ...argv);
    expect(conll).toMatch(/^London\tB-LOC\t[01]\.\d\d\nis\tO\t[01]\.\d\d\nbig\tO\t[01]\.\d\d\n\n$/);
  });

  it('draws how probable each tag is', async () => {
    const svg = join(root, 'tags.svg');
    expect((await run('tag', 'London is big', '--draw', svg, ...argv)).code).toBe(0);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg[^]*B-LOC[^]*London[^]*<\/svg>\s*$/);
  });

  it('colours tags on a terminal alone', async () => {
    const terminal = new FakeTerminal('tagger', { isTTY: true });
    await main(['tag', 'London is big', ...argv], terminal);
    const isPlain = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
    expect(terminal.stdout.text.includes('\u001B[3')).toBe(!isPlain);
  });
});

describe('eval', () => {
  it('tells accuracy, span F1, a table by tag, and draws the confusion matrix', async () => {
    const svg = join(root, 'confusion.svg');
    const { code, out, err } = await run('eval', names, '--model', model, '--confusion', svg);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('accuracy        100.00 %');
    expect(out).toContain('span F1         100.00 %');
    expect(out).toMatch(/B-PER +1\.0000 +1\.0000 +1\.0000 +24/);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg[^]*B-PER[^]*<\/svg>\s*$/);
  });

  it('draws the same with all numbers as a page', async () => {
    const page = join(root, 'confusion.html');
    await run('eval', names, '--model', model, '--confusion', page);
    const text = readFileSync(page, 'utf8');
    expect(text).toMatch(/^<!doctype html>[^]*<svg[^]*B-PER[^]*100\.00 %[^]*<\/html>\s*$/);
    expect(text).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });

  it('counts unknown words by themselves', async () => {
    const other = file('other.conll', 'Zed B-PER\nis O\n');
    const { out } = await run('eval', other, '--model', model);
    expect(out).toMatch(/unknown words {3}1, accuracy/);
  });
});

describe('demo', () => {
  it('shows that both sides tell more than the left alone', { timeout: 60_000 }, async () => {
    const { code, out: text } = await run('demo', '--epochs', '1', '--out', out);
    expect(code).toBe(0);
    const [, both, left] = /all words +both sides +([\d.]+) % +left alone +([\d.]+) %/.exec(text) ?? [];
    expect(Number(both)).toBeGreaterThan(Number(left));
    expect(text).toContain('Try next:');
    expect(existsSync(join(out, 'forward', 'model.safetensors'))).toBe(true);
    expect(readFileSync(join(out, 'both-sides.svg'), 'utf8')).toContain('read from the left alone');
  });
});
