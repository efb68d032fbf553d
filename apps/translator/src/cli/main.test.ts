import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FakeTerminal } from '@unroll/app-kit/testing';
import { encodeModel } from '@unroll/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOYS, untrained } from '../../test/models.ts';
import { run } from '../../test/terminal.ts';
import { main } from './main.ts';

let folder: string;
let model: string;
const inFolder = (name: string): string => join(folder, name);
const small = ['--hidden', '8', '--embedding', '8', '--batch', '8', '--steps', '3'];

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(inFolder(name), content);
  return inFolder(name);
}

/** What a run says of its best validation. */
const bestOf = (out: string): string | undefined => /Best validation: .*/u.exec(out)?.[0];

const TSV = TOYS.map(({ source, target }) => `${source}\t${target}`).join('\n');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'translator-'));
  model = inFolder('model');
  await run('train', '--pairs', '300', '--out', model, ...small);
});

afterAll(() => rm(folder, { recursive: true }));

describe('help', () => {
  it('tells of the commands and of every option', async () => {
    expect((await run('--help')).out).toContain('train');
    for (const [command, words] of [
      ['train', ['--no-attention', '--from', '--source-tokenizer', '--min-frequency']],
      ['translate', ['--alignment', '--svg', '--beam']],
      ['eval', ['--bleu-tokenizer', '--part']],
    ] as const) {
      const { code, out } = await run(command, '--help');
      expect(code).toBe(0);
      for (const word of words) expect(out).toContain(word);
    }
  });
});

describe('train', () => {
  it('tells what it learns from and where the model is', async () => {
    const { code, out } = await run('train', '--pairs', '300', '--no-attention', '--out', inFolder('plain'), ...small);
    expect(code).toBe(0);
    expect(out).toContain('built-in pairs, en to fr');
    expect(out).toContain('no attention');
    expect(out).toContain('perplexity');
    expect(out).toContain(`The model is in ${inFolder('plain')}`);
    const drawn = await run('translate', 'in 5 days', '--alignment', '--model', inFolder('plain'));
    expect([drawn.code, drawn.err]).toEqual([2, expect.stringContaining('no attention')]);
  });

  it('learns from one file, two files, gzipped ones, and ones with CRLF or further columns', async () => {
    const plain = await file('plain.tsv', TSV);
    const zipped = await file('zipped.tsv.gz', gzipSync(TSV));
    const crlf = await file('crlf.tsv', `\uFEFF${TSV.replaceAll('\n', '\r\n')}\r\n`);
    const wide = await file('wide.tsv', TSV.replaceAll('\n', '\tCC BY\n') + '\tCC BY');
    const sources = await file('a.txt', TOYS.map(({ source }) => source).join('\n'));
    const targets = await file('b.txt', TOYS.map(({ target }) => target).join('\n'));
    const losses: (string | undefined)[] = [];
    for (const given of [
      [plain],
      [zipped],
      [crlf],
      [wide, '--columns', 'source,target,-'],
      ['--source', sources, '--target', targets],
    ]) {
      const { code, out, err } = await run('train', ...given, '--out', inFolder('own'), '--overwrite', ...small);
      expect([code, err]).toEqual([0, '']);
      losses.push(bestOf(out));
    }
    // The same pairs, however they came: the same losses.
    expect(losses[0]).toBeDefined();
    expect(new Set(losses).size).toBe(1);
  });

  it('says of the languages of an own corpus what it was told, and no more', async () => {
    const plain = await file('plain.tsv', TSV);
    for (const [given, said] of [
      [[], 'plain.tsv: '],
      [['--from', 'de'], 'plain.tsv, from de: '],
      [['--to', 'la'], 'plain.tsv, to la: '],
      [['--from', 'de', '--to', 'la'], 'plain.tsv, de to la: '],
    ] as const) {
      const { code, out } = await run('train', plain, ...given, '--out', inFolder('told'), '--overwrite', ...small);
      expect([code, out]).toEqual([0, expect.stringContaining(`Data   ${said}`)]);
      if (given.length === 4) continue;
      expect(await run('eval', '--model', inFolder('told'))).toMatchObject({
        code: 2,
        err: expect.stringMatching(/told does not say of which languages it is.*Give a corpus to judge it by/),
      });
    }
    const { out } = await run('train', '--to', 'de', '--pairs', '300', '--out', inFolder('german'), ...small);
    expect(out).toContain('built-in pairs, en to de: ');
  });

  it('trains on all of a corpus where there is another one to check by', async () => {
    const plain = await file('plain.tsv', TSV);
    const { out } = await run('train', plain, '--validation', plain, '--out', inFolder('all'), ...small);
    expect(out).toContain('60 to learn, 60 to check by, 0 kept');
    expect(out).toContain(`translator eval ${plain} --model`);
  });

  it('takes the tokens of a subword tokenizer', async () => {
    const vocab = Object.fromEntries(['a', 'b', 'c', 'd', 'e', ' ', 'ab'].map((token, id) => [token, id]));
    const bpe = { type: 'BPE', vocab, merges: [['a', 'b']], unk_token: null };
    const json = { version: '1.0', added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null };
    const tokenizer = await file('bpe.json', JSON.stringify({ ...json, decoder: { type: 'Fuse' }, model: bpe }));
    const given = ['--source-tokenizer', tokenizer, '--target-tokenizer', tokenizer, '--out', inFolder('bpe')];
    const trained = await run('train', await file('plain.tsv', TSV), ...given, ...small);
    expect([trained.code, trained.err]).toEqual([0, '']);
    expect(trained.out).toContain('10 and 10 different tokens');
    const { out } = await run('translate', 'abe', '--json', '--model', inFolder('bpe'), '--max-length', '4');
    expect((JSON.parse(out) as { readonly sourceTokens: string[] }).sourceTokens).toEqual(['ab', 'e', '∎']);
  });

  it('leaves a report beside the model, with curves, samples, and where it looked', async () => {
    const page = await readFile(join(model, 'report.html'), 'utf8');
    for (const text of ['nats per token', 'Where the decoder looked', 'translator train --pairs 300', 'SHA-256', '→']) {
      expect(page).toContain(text);
    }
    expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('takes its options from a file, and tells the line of each that is wrong', async () => {
    const good = await file(
      'good.jsonc',
      '// small\n{ "pairs": 300, "hidden": 8, "embedding": 16, "tied": true, "steps": 2 }',
    );
    const made = await run('train', '--config', good, '--label-smoothing', '0.1', '--out', inFolder('by-file'));
    expect([made.code, made.err]).toEqual([0, '']);
    expect(made.out).toContain('2 steps');
    const bad = await file('bad.jsonc', '{\n  "hiden": 8,\n  "dropout": 1\n}');
    const { code, err } = await run('train', '--config', bad, '--out', inFolder('x'));
    expect(code).toBe(2);
    expect(err).toContain('bad.jsonc:2:3: there is no option "hiden". Did you mean "hidden"?');
    expect(err).toContain('bad.jsonc:3:14: "dropout" is 1: give a number from 0, below 1');
  });

  it('of a long validation part checks by the first pairs, and says so', async () => {
    const long = await file('checked.tsv', Array.from({ length: 2100 }, (_, i) => `a ${i}\tb ${i}`).join('\n'));
    const given = [
      await file('plain.tsv', TSV),
      '--validation',
      long,
      '--out',
      inFolder('limit'),
      '--validate-every',
      '9',
    ];
    const { out } = await run('train', ...given, '--hidden', '1', '--embedding', '1', '--steps', '1');
    expect(out).toContain('60 to learn, 2,000 of 2,100 to check by');
  });

  it('suggests to judge by unseen pairs where there are any', async () => {
    const corpus = await file('lonely.tsv', 'a\tb\n');
    const { code, out } = await run('train', corpus, '--out', inFolder('lonely'), ...small);
    expect([code, out]).toEqual([0, expect.stringContaining(`translator eval ${corpus} --model`)]);
  });

  it('leaves out pairs that are too long', async () => {
    const corpus = await file('long.tsv', `${TSV}\nabcdeabcde\ta b c`);
    const { out } = await run(
      'train',
      corpus,
      '--max-tokens',
      '9',
      '--tokens',
      'characters',
      '--out',
      inFolder('long'),
      ...small,
    );
    expect(out).toContain('1 longer than 9 tokens');
  });

  it('goes on with a run that was interrupted, to the same model as without a break', async () => {
    const given = ['train', '--pairs', '300', '--dropout', '0.2', '--validate-every', '2', ...small, '--steps', '6'];
    const whole = await run(...given, '--out', inFolder('whole'));
    const terminal = new FakeTerminal('translator');
    terminal.stdout.onWrite = (text) => {
      if (text.includes('step 2')) terminal.interrupt();
    };
    expect(await main([...given, '--out', inFolder('half')], terminal)).toBe(130);
    expect(terminal.stdout.text).toContain(`translator train --resume ${inFolder('half')}`);
    const other = await run('train', '--resume', inFolder('half'), '--pairs', '400');
    expect([other.code, other.err]).toEqual([2, expect.stringContaining("can't become 400")]);
    const rest = await run('train', '--resume', inFolder('half'));
    expect(rest.out).toContain('goes on after step');
    expect(bestOf(rest.out)).toBe(bestOf(whole.out));
    const [one, another] = await Promise.all(
      ['whole', 'half'].map((name) => readFile(join(inFolder(name), 'model.safetensors'))),
    );
    expect(one!.equals(another!)).toBe(true);
  });

  it('does not write over a model', async () => {
    const { code, err } = await run('train', '--out', model, ...small);
    expect([code, err]).toEqual([2, expect.stringContaining('already holds a model')]);
  });
});

describe('translate', () => {
  it('writes a line, a heat map, an image, or JSON', async () => {
    const image = inFolder('alignment.svg');
    const drawn = await run('translate', 'in 5 days', '--model', model, '--alignment', '--svg', image);
    expect(drawn.code).toBe(0);
    expect(drawn.out).toContain('in 5 days∎');
    expect(await readFile(image, 'utf8')).toContain('</svg>');
    const { out } = await run('translate', 'in 5 days', '--model', model, '--json');
    const json = JSON.parse(out) as { readonly sourceTokens: string[]; readonly weights: number[][] };
    expect(json.sourceTokens).toEqual(['in', ' 5', ' days', '∎']);
    expect(json.weights[0]).toHaveLength(4);
  });

  it('translates each line of the standard input to a line, an empty one to an empty one, and draws all in a page', async () => {
    const page = inFolder('alignments.html');
    const lines = ['in 5 days', '', 'in 2 hours', ...Array.from({ length: 300 }, (_, i) => `in ${i} days`)];
    const terminal = new FakeTerminal('translator', { input: `${lines.join('\r\n')}\n` });
    const given = ['translate', '--model', model, '--max-length', '3', '--beam', '1'];
    expect(await main([...given, '--html', page], terminal)).toBe(0);
    const written = terminal.stdout.text.split('\n');
    expect(written).toHaveLength(lines.length + 1);
    expect(written[1]).toBe('');
    const [alone] = (await run(...given, 'in 2 hours')).out.split('\n');
    expect(written[2]).toBe(alone);
    const content = await readFile(page, 'utf8');
    expect(content.match(/<svg/g)).toHaveLength(lines.length - 1);
    expect(content).toContain('in 299 days');
    const other = new FakeTerminal('translator', { input: 'in 5 days\nin 6 days\n' });
    expect(await main(['translate', '--model', model, '--svg', inFolder('two.svg')], other)).toBe(2);
    expect(other.stderr.text).toContain('--svg draws one sentence');
  });

  it('refuses input that is no UTF-8, naming the line', async () => {
    const terminal = new FakeTerminal('translator', { input: Buffer.from('in 5 days\ncaf\u00e9\n', 'latin1') });
    expect(await main(['translate', '--model', model], terminal)).toBe(2);
    expect(terminal.stderr.text).toContain('the standard input:2: byte 0xE9');
  });

  it('tells of words that the model does not know', async () => {
    const { code, err } = await run('translate', 'in 5 quuxes', '--model', model);
    expect([code, err]).toEqual([0, expect.stringContaining('does not know "quuxes"')]);
  });

  it('draws first, and of what was translated where nobody reads on', async () => {
    const [svg, html] = [inFolder('first.svg'), inFolder('closed.html')];
    const terminal = new FakeTerminal('translator');
    terminal.stdout.onWrite = () => expect(existsSync(svg)).toBe(true);
    expect(await main(['translate', 'in 2 days', '--svg', svg, '--model', model], terminal)).toBe(0);
    const lines = 'in 2 days\n'.repeat(256) + 'in 3 days\n';
    const closing = new FakeTerminal('translator', { input: lines });
    closing.stdout.onWrite = () => closing.closeOutput();
    expect(await main(['translate', '--html', html, '--model', model], closing)).toBe(0);
    expect(closing.stdout.text.trim().split('\n')).toHaveLength(1);
    const page = await readFile(html, 'utf8');
    expect([page.includes('in 2 days'), page.includes('in 3 days')]).toEqual([true, false]);
  });

  it('tells that there was nothing to draw, and where nothing can be written', async () => {
    const html = inFolder('none.html');
    const terminal = new FakeTerminal('translator', { input: '\n\n' });
    expect(await main(['translate', '--html', html, '--model', model], terminal)).toBe(0);
    expect(terminal.stderr.text).toContain(`There was no sentence, so ${html} was not drawn.`);
    expect(existsSync(html)).toBe(false);
    for (const option of ['svg', 'html']) {
      const path = inFolder(`nowhere/a.${option}`);
      const { code, err } = await run('translate', 'in 2 days', `--${option}`, path, '--model', model);
      const message = `${path} can't be written: there is no folder ${inFolder('nowhere')}. Choose another file with --${option}.`;
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  it('translates nothing from an empty text', async () => {
    const { code, err } = await run('translate', ' ', '--model', model);
    expect([code, err]).toEqual([2, expect.stringContaining('nothing to translate')]);
  });
});

describe('eval', () => {
  it('prints every measure with its signature', async () => {
    const { code, out } = await run('eval', '--model', model, '--pairs', '300', '--max-length', '8');
    expect(code).toBe(0);
    for (const word of ['exact match', 'BLEU', 'nrefs:1|case:mixed', 'chrF2', 'perplexity', 'test part']) {
      expect(out).toContain(word);
    }
  });

  it('judges by a corpus, whole or in part', async () => {
    const corpus = await file('plain.tsv', TSV);
    const all = await run('eval', corpus, '--model', model, '--max-length', '4');
    expect(all.out).toContain('60 (plain.tsv)');
    const one = await file('one.tsv', 'abc\tc b a');
    const none = await run('eval', one, '--part', 'test', '--model', model);
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('no pair in its test part')]);
  });
});

describe('what is wrong is told, and ends with code 2', () => {
  it.each([
    ['a missing file', async () => inFolder('nowhere.tsv'), 'There is no file'],
    ['a folder', async () => folder, 'is a folder. Give a file'],
    ['an empty file', () => file('empty.tsv', ''), 'no pairs'],
    ['a file of empty lines', () => file('blank.tsv', '\n\r\n\n'), 'no pairs'],
    ['Latin-1', () => file('latin1.tsv', Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x09, 0x61, 0x0a)), 'latin1.tsv:1'],
    ['UTF-16', () => file('utf16.tsv', Buffer.from('\uFEFFa\tb\n', 'utf16le')), 'iconv -f UTF-16'],
    ['a byte order mark alone', () => file('bom.tsv', Uint8Array.of(0xef, 0xbb, 0xbf)), 'no pairs'],
    ['a missing column', () => file('one.tsv', 'a\tb\nonly one\n'), 'one.tsv:2'],
    ['a column too many', () => file('three.tsv', 'a\tb\tc\n'), 'three.tsv:1'],
    [
      'a column without a name',
      () => file('three.tsv', 'a\tb\tc\n'),
      'Name every column with --columns, - for those that are not needed, or mend the line.',
    ],
    ['a broken gzip file', () => file('broken.tsv.gz', 'no gzip'), 'broken.tsv.gz'],
  ])('%s', async (_, make, message) => {
    for (const command of ['train', 'eval']) {
      const { code, err } = await run(
        command,
        await make(),
        ...(command === 'eval' ? ['--model', model] : ['--out', inFolder('x')]),
      );
      expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  it('two files of unlike length, or one of two', async () => {
    const [a, b] = [await file('a2.txt', 'x\ny\n'), await file('b2.txt', 'x\n')];
    const unlike = await run('train', '--source', a, '--target', b, '--out', inFolder('x'));
    expect([unlike.code, unlike.err]).toEqual([2, expect.stringContaining('b2.txt:2')]);
    const half = await run('train', '--source', a, '--out', inFolder('x'));
    expect([half.code, half.err]).toEqual([2, expect.stringContaining('both --source and --target')]);
    const missing = await run('train', '--source', a, '--target', inFolder('c.txt'), '--out', inFolder('x'));
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining(`There is no file ${inFolder('c.txt')}`)]);
    const check = await run('train', '--validation', a, '--out', inFolder('x'));
    expect([check.code, check.err]).toEqual([2, expect.stringContaining('none to learn from')]);
    const both = await run('train', a, '--source', a, '--target', b, '--out', inFolder('x'));
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('one file or two')]);
  });

  it.each([
    ['train', ['--columns', 'source,goal'], 'a column is called'],
    ['train', ['--columns', 'source'], 'source and target once each'],
  ])('%s %j', async (command, given, message) => {
    const corpus = await file('plain.tsv', TSV);
    const { code, err } = await run(command, corpus, ...given, '--out', inFolder('x'));
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it.each([
    [['--from', 'tlh'], 'no data of the language tlh'],
    [['--from', 'fr'], 'Both languages are fr'],
    [['--attention', 'hard'], 'give additive, dot, general or none'],
    [['--source-tokenizer', '/nowhere.json'], 'There is no file /nowhere.json'],
    [['--max-tokens', '1'], 'no pair to train on'],
    [['--tied', '--no-attention'], '--embedding 16'],
    [['--label-smoothing', '1'], 'below 1'],
    [['--resume', '/nowhere'], 'no run in /nowhere'],
  ])('train %j', async (given, message) => {
    const { code, err } = await run('train', '--pairs', '100', '--out', inFolder('x'), ...given, ...small);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it('options without effect', async () => {
    const corpus = await file('some.tsv', TSV);
    const pair = ['--source', corpus, '--target', corpus];
    const tokenizers = ['--source-tokenizer', corpus, '--target-tokenizer', corpus];
    for (const [given, message] of [
      [['train', corpus, '--pairs', '200'], '--pairs has no effect with --corpus.'],
      [['train', ...pair, '--pairs', '200'], '--pairs has no effect with --source.'],
      [['train', '--columns', 'target,source'], '--columns has no effect without --corpus and without --validation.'],
      [['train', ...pair, '--columns', 'target,source'], '--columns has no effect'],
      [['train', ...tokenizers, '--tokens', 'words'], '--tokens has no effect with --source-tokenizer and with'],
      [['train', ...tokenizers, '--min-frequency', '2'], '--min-frequency has no effect with --source-tokenizer'],
      [['train', '--backend', 'cpu', '--threads', '2'], '--threads has no effect where --backend is cpu.'],
      [['train', corpus, ...pair], 'Both --corpus and --source are given. A corpus is one file or two.'],
      [
        ['train', corpus, '--validation', corpus, '--validation-target', corpus],
        'Both --validation and --validation-target are given. A corpus is one file or two.',
      ],
      [['train', corpus, '--validation-source', corpus], 'Give both --validation-source and --validation-target'],
      [['eval', corpus, '--seed', '2'], '--seed has no effect with --corpus.'],
      [['eval', ...pair, '--pairs', '200'], '--pairs has no effect with --source.'],
      [['eval', '--columns', 'target,source'], '--columns has no effect without --corpus.'],
      [['eval', corpus, ...pair], 'Both --corpus and --source are given.'],
      [['eval', '--beam', '1', '--length-penalty', '1'], '--length-penalty has no effect where --beam is 1.'],
      [['translate', 'a', '--beam', '1', '--length-penalty', '1'], '--length-penalty has no effect'],
      [['translate', 'a', '--backend', 'cpu', '--threads', '2'], '--threads has no effect'],
      [['translate', 'a', '--json', '--alignment'], '--alignment has no effect with --json.'],
      [['translate', 'a', '--svg', 'a.html'], '--svg is a.html: give a file that ends in .svg.'],
      [['translate', 'a', '--html', 'a.svg'], '--html is a.svg: give a file that ends in .html.'],
      [['train', '--attention', 'dot', '--no-attention'], 'Both --attention and --no-attention are given. Choose one.'],
    ] as const) {
      const { code, out, err } = await run(...given, ...(given[0] === 'train' ? ['--out', inFolder('x')] : []));
      expect([given, code, out, err]).toEqual([given, 2, '', expect.stringContaining(message)]);
    }
  });

  it('a tokenizer that is none', async () => {
    const json = await file('tokenizer.json', '{"model":');
    const { code, err } = await run('train', '--target-tokenizer', json, '--pairs', '100', '--out', inFolder('x'));
    expect([code, err]).toEqual([2, expect.stringContaining('is no tokenizer.json')]);
  });

  it('a model of another app, or no model', async () => {
    const { model: own } = untrained();
    const other = await file(
      'other.safetensors',
      await encodeModel({ model: own, config: { kind: 'char-rnn', version: 1 } }),
    );
    for (const [path, message] of [
      [other, 'is of the kind "char-rnn"; a translator model is needed'],
      [await file('text.safetensors', 'no model at all'), 'is no translator model'],
      [await file('void.safetensors', ''), 'is no translator model'],
      [inFolder('nowhere'), 'Train one with translator train.'],
    ]) {
      const { code, err } = await run('translate', 'in 5 days', '--model', path!);
      expect([code, err]).toEqual([2, expect.stringContaining(message!)]);
    }
  });
});
