import { readFileSync } from 'node:fs';

/** Tales, riddles and sayings of gates, clocks and memory, written for this program; the short tales all after one pattern. */
export function defaultText(): string {
  return readFileSync(new URL('../src/tales.txt', import.meta.url), 'utf8');
}
