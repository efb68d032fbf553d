import { type Option, integer } from '@unroll/app-kit/cli';

/** What chance writes by, for commands that may differ each time. */
export const seedOption: Option<number | undefined> = integer({
  hint: 'n',
  help: 'the same seed, the same text [another each time]',
  min: Number.MIN_SAFE_INTEGER,
});
