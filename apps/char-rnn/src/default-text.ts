import { readFileSync } from 'node:fs';

/** Little tales and riddles of gates, clocks and memory, written for this program. */
export function defaultText(): string {
  return readFileSync(new URL('../src/tales.txt', import.meta.url), 'utf8');
}
