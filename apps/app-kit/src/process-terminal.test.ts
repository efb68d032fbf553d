import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { programName } from './process-terminal.ts';
import { quote } from './terminal.ts';

describe('a suggested command', () => {
  it('begins as this one did', () => {
    expect(
      programName('@unroll/char-rnn', { npm_lifecycle_event: 'start', npm_package_name: 'unroll' }, '/x/dist/cli.js'),
    ).toBe('npm start --');
    expect(programName('@unroll/char-rnn', { npm_command: 'exec' }, '/x/node_modules/.bin/char-rnn')).toBe(
      'npx @unroll/char-rnn',
    );
    expect(programName('@unroll/char-rnn', {}, '/usr/bin/char-rnn')).toBe('char-rnn');
    expect(programName('@unroll/char-rnn', {}, '/x/node_modules/@unroll/char-rnn/dist/cli.js')).toBe('char-rnn');
    expect(
      programName('@unroll/char-rnn', { npm_lifecycle_event: 'start', npm_package_name: 'mine' }, '/usr/bin/char-rnn'),
    ).toBe('char-rnn');
    expect(programName('@unroll/char-rnn', {}, `${process.cwd()}/apps/char-rnn/dist/cli.js`)).toMatch(
      /^node .*apps.char-rnn.dist.cli\.js$/,
    );
  });

  it('quotes what a shell would take apart', () => {
    expect(quote('a/b-c_d.txt')).toBe('a/b-c_d.txt');
    expect(quote('my book.txt')).toBe("'my book.txt'");
    expect(quote("it's")).toBe(String.raw`'it'\''s'`);
    expect(quote('')).toBe("''");
  });
});

describe('the standard input', () => {
  it.skipIf(process.platform === 'win32')(
    'is refused where it is a folder, and not taken for an empty one (skipped on Windows, which opens no folders)',
    () => {
      const script = `
        import { processTerminal } from ${JSON.stringify(new URL('process-terminal.ts', import.meta.url))};
        const { stdin } = processTerminal(new URL(${JSON.stringify(new URL('../package.json', import.meta.url))}));
        for await (const _ of stdin);
        console.log('nothing to read');`;
      const folder = openSync(tmpdir(), 'r');
      const read = (stdin: number | 'ignore'): ReturnType<typeof spawnSync> =>
        spawnSync(process.execPath, ['--conditions=@unroll/source', '--input-type=module', '--eval', script], {
          stdio: [stdin, 'pipe', 'pipe'],
          encoding: 'utf8',
        });
      try {
        expect(read(folder).stderr).toContain('UsageError: The standard input is a folder. Give it a file');
        expect(read('ignore').stdout).toBe('nothing to read\n');
      } finally {
        closeSync(folder);
      }
    },
  );
});
