import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App } from '../command.ts';
import { choice, flag, integer, number, path } from '../options/kinds.ts';
import { type Given, textsOf } from '../options/given.ts';
import { runProgram } from '../program.ts';
import { runner } from '../testing.ts';
import { configOption } from './config-file.ts';

let folder = '';
let taken: Given = {};
const app: App = {
  summary: 'A program.',
  start: [],
  commands: [
    {
      name: 'train',
      summary: 'learn',
      description: 'Learns.',
      usage: '[file]',
      groups: {
        Options: {
          text: path({ hint: 'file', help: 'a text' }),
          cell: choice({ words: ['lstm', 'gru'], help: 'the cell', fallback: 'gru' }),
          'hidden-size': integer({ hint: 'n', help: 'units', min: 1, max: 64, fallback: '8' }),
          rate: number({ hint: 'x', help: 'rate', range: 'above 0', allows: (x) => x > 0, fallback: '0.1' }),
          overwrite: flag('replace'),
          config: configOption,
        },
      },
      positional: 'text',
      examples: [],
      run: async (given) => {
        taken = given;
        return 0;
      },
    },
  ],
};
const run = runner('app', (argv, terminal) => runProgram(app, argv, terminal));

async function file(content: string | Uint8Array): Promise<string> {
  const name = join(folder, 'settings.jsonc');
  await writeFile(name, content);
  return name;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unroll-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('--config', () => {
  it('gives what the command line does not', async () => {
    const config = await file(
      '\uFEFF{\r\n  // small\r\n  "hidden-size": 16, "rate": 1e-2,\r\n  "overwrite": true, "text": "a.txt",\r\n}',
    );
    expect(await run('train', 'b.txt', '--config', config, '--rate', '0.5')).toMatchObject({ code: 0, err: '' });
    expect(textsOf(taken)).toEqual({ 'hidden-size': '16', rate: '0.5', overwrite: 'true', text: 'b.txt', config });
    expect(taken['rate']!.from).toBe('command line');
    expect(taken['hidden-size']!.from).toEqual({ file: config, line: 3, column: 3 });
  });

  it('tells all that is wrong at once, with lines, what would do, and what was meant', async () => {
    const config = await file(
      [
        '{',
        '  "hiddenSize": 16,',
        '  "hidden-size": 100,',
        '  "rate": "0.5", "cell": "lstn",',
        '  "overwrite": "yes", "text": 3, "hidden-size": 1,',
        '  "zzz": null, "config": "other.json"',
        '}',
      ].join('\n'),
    );
    const { code, err } = await run('train', '--config', config);
    expect(code).toBe(2);
    expect(err.split('\n')).toEqual([
      `${config}:2:3: there is no option "hiddenSize". Did you mean "hidden-size"?`,
      `${config}:3:18: "hidden-size" is 100: give an integer from 1 to 64.`,
      `${config}:4:11: "rate" is "0.5": give a number, without quotes.`,
      `${config}:4:26: "cell" is "lstn": give lstm or gru.`,
      `${config}:5:16: "overwrite" is "yes": give true or false.`,
      `${config}:5:31: "text" is 3: give a text in quotes.`,
      `${config}:5:34: "hidden-size" stands twice. Leave one.`,
      `${config}:6:3: there is no option "zzz". There are text, cell, hidden-size, rate, overwrite.`,
      `${config}:6:16: there is no option "config". There are text, cell, hidden-size, rate, overwrite.`,
      'app train --help tells what is possible.',
      '',
    ]);
  });

  it.each([
    ['{"rate": 1\n "cell": "gru"}', /:2:2: this is no JSON: a comma is expected/],
    ["{'rate': 1}", /:1:2: this is no JSON: this is nothing that JSON has.*double quotes/],
    ['{"rate": 1', /:1:11: this is no JSON: a closing brace is expected/],
    ['/* ', /:1:1: this is no JSON: the comment does not end/],
    ['[1]', /:1:1: give an object of options/],
    [' \n', /is empty. Give a JSON object/],
    [Uint8Array.of(0x7b, 0x0a, 0xe9, 0x7d), /:2: byte 0xE9.*convert it, say from ISO-8859-1: iconv/],
    [Uint8Array.of(0xff, 0xfe, 0x7b, 0), /:1: the text is UTF-16. If it is text, convert it, say from UTF-16: iconv/],
  ])('refuses %j', async (content, message) => {
    expect(await run('train', '--config', await file(content))).toMatchObject({
      code: 2,
      err: expect.stringMatching(message),
    });
  });

  it('tells of a file that is not there, and of a folder', async () => {
    expect((await run('train', '--config', join(folder, 'no.json'))).err).toMatch(/There is no file .*no.json/);
    expect((await run('train', '--config', folder)).err).toMatch(/is a folder/);
  });
});
