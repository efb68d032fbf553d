import { describe, expect, it } from 'vitest';
import { codeBlocks } from './code-blocks.ts';

describe('codeBlocks', () => {
  it('finds TypeScript blocks with the line of their fence, and no others', () => {
    const markdown = ['# Title', '```sh', 'npm i', '```', '', '```ts', 'const a = 1;', 'a;', '```'].join('\n');
    expect(codeBlocks(markdown, 'README.md')).toEqual([
      { file: 'README.md', line: 6, runs: true, code: 'const a = 1;\na;' },
    ]);
  });

  it('knows which blocks are only to be compiled', () => {
    const [block] = codeBlocks('```ts no-run\nfit();\n```', 'README.md');
    expect(block).toMatchObject({ runs: false, code: 'fit();' });
  });

  it('reads a fence inside a longer fence as text', () => {
    expect(codeBlocks('````md\n```ts\nlost();\n```\n````\n', 'README.md')).toEqual([]);
  });

  it('refuses a block without an end', () => {
    expect(() => codeBlocks('text\n```ts\nconst a = 1;', 'README.md')).toThrow('README.md:2');
  });
});
