import { describe, expect, it } from 'vitest';
import { flag, integer, number } from '../options/kinds.ts';
import { commandOf } from './command-line.ts';
import { runOptionKinds } from './run-option-kinds.ts';

const fixed = { hidden: integer({ hint: 'n', help: 'units', fallback: '8', min: 1 }), crf: flag('a crf') };
const kinds = runOptionKinds({
  all: {
    ...fixed,
    steps: integer({ hint: 'n', help: 'steps', min: 1 }),
    minutes: number({ hint: 'x', help: 'time', range: 'above 0', allows: (x) => x > 0 }),
  },
  fixed,
  call: {},
  limit: 'steps',
  usualLimit: 3000,
});
const command = (options: Record<string, string>): string =>
  commandOf({ program: 'app', data: ["'my book.txt'"], options, kinds });

describe('commandOf', () => {
  it('leaves out what is as usual', () => {
    expect(command({ hidden: '8', crf: 'false', steps: '3000' })).toBe("app train 'my book.txt'");
    expect(command({ hidden: '9', crf: 'true', steps: '4' })).toBe(
      "app train 'my book.txt' --hidden 9 --crf --steps 4",
    );
  });

  it('names the usual number of steps where a time would end the run without it', () => {
    expect(command({ steps: '3000', minutes: '5' })).toBe("app train 'my book.txt' --steps 3000 --minutes 5");
    expect(command({ minutes: '5' })).toBe("app train 'my book.txt' --minutes 5");
  });
});
