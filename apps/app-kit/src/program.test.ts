import { UnrollError } from '@unroll/tensor';
import { DivergenceError } from '@unroll/training';
import { describe, expect, it } from 'vitest';
import type { App } from './command.ts';
import { runProgram } from './program.ts';
import { runner } from './testing.ts';

/** A program with one command, which fails so. */
function failing(error: unknown): App {
  const run = async (): Promise<number> => {
    throw error;
  };
  const command = { name: 'work', summary: '', description: '', usage: '', groups: {}, examples: [], run };
  return { summary: 'A program.', start: [], commands: [command] };
}
const outcome = (error: unknown) =>
  runner('app', (argv, terminal) => runProgram(failing(error), argv, terminal))('work');

describe('a command that fails', () => {
  it('says what there is to say of memory, and of files', async () => {
    expect(await outcome(new RangeError('Array buffer allocation failed'))).toEqual({
      code: 1,
      out: '',
      err: 'There is not enough memory (Array buffer allocation failed). Smaller sizes need less.\n',
    });
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    expect(await outcome(full)).toMatchObject({ code: 1, err: 'ENOSPC: no space left on device, write\n' });
  });

  it('says what is too large, without advice for programs', async () => {
    const advice = 'Use smaller sizes or batches, or free tensors by scope() or dispose().';
    const large = new UnrollError(
      'OUT_OF_MEMORY',
      `out of memory: [9, 9] takes 324 bytes, more than there is. ${advice}`,
    );
    expect((await outcome(large)).err).toBe(
      'out of memory: [9, 9] takes 324 bytes, more than there is. Smaller sizes or batches need less.\n',
    );
  });

  it('says what to try of a run that diverged, in options', async () => {
    const error = new DivergenceError({
      code: 'NON_FINITE',
      step: 3,
      what: 'the loss is NaN',
      remedies: ['Try clipNorm.', 'Look for log 0.'],
    });
    expect(await outcome(error)).toEqual({
      code: 1,
      out: '',
      err:
        "Training can't go on: step 3 was not taken: the loss is NaN. " +
        'Try a smaller --learning-rate, or a smaller --clip.\n',
    });
  });

  it('shows where, if it is a bug', async () => {
    expect((await outcome(new RangeError('out of range'))).err).toMatch(/^RangeError: out of range\n +at /);
  });
});
