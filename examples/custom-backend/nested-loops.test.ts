import { readFileSync } from 'node:fs';
import { describeBackend } from '@unroll/backend/conformance';
import { describeLoops } from '@unroll/cells/conformance';
import { cpu } from '@unroll/backend-cpu';
import { describe, expect, it } from 'vitest';
import { nestedLoops } from './nested-loops.ts';
import { withLoops } from './with-loops.ts';

describeBackend('nested loops', nestedLoops, { dtypes: ['float32', 'int32'] });

describeLoops('cpu with loops', () => withLoops(cpu()));

describe('the guide to backends', () => {
  const guide = readFileSync(new URL('../../docs/guides/write-a-backend.md', import.meta.url), 'utf8');

  it('begins with this very backend, in fewer than 150 lines', () => {
    const program = readFileSync(new URL('nested-loops.ts', import.meta.url), 'utf8');
    const [, block] = /```ts\n(.*?)```/s.exec(guide)!;
    // The program of the guide goes on to use it, and imports what it takes.
    expect(block).toContain(program.slice(program.indexOf('/** What callers hold')));
    expect(block!.split('\n').length).toBeLessThan(150);
  });

  it('has these very loops', () => {
    const program = readFileSync(new URL('with-loops.ts', import.meta.url), 'utf8');
    expect(guide).toContain(program.slice(program.indexOf('function withLoops')));
  });
});
