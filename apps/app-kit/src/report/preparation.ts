import type { Output } from '../terminal.ts';
import { writeLine } from '../terminal.ts';
import { count } from './format.ts';

/** What is gone through. */
export interface Passage {
  /** `Reading pairs`. */
  readonly what: string;
  /** How many there are, if that is known. */
  readonly total?: number;
}

/** Nothing is said of what takes less. */
const SECONDS_OF_SILENCE = 2;
/** Between lines where they stay. */
const SECONDS_BETWEEN_LINES = 10;
/** A clock is looked at so often. */
const ITEMS = 256;

/** Says how far something is that may take long before a run begins: on a terminal in a line that changes, elsewhere in a line now and then. */
export class Preparation {
  readonly #output: Output;
  readonly #seconds: () => number;

  constructor(output: Output, seconds: () => number = () => performance.now() / 1000) {
    this.#output = output;
    this.#seconds = seconds;
  }

  /** The items, one by one. */
  async *through<Item>(
    items: Iterable<Item> | AsyncIterable<Item>,
    { what, total }: Passage,
  ): AsyncGenerator<Item, void, undefined> {
    const { isTTY = false } = this.#output;
    const of = total === undefined ? '' : ` of ${count(total)}`;
    let next = this.#seconds() + SECONDS_OF_SILENCE;
    let done = 0;
    let isShown = false;
    try {
      for await (const item of items) {
        yield item;
        if (++done % ITEMS !== 0 || this.#seconds() < next) continue;
        next = this.#seconds() + (isTTY ? 1 : SECONDS_BETWEEN_LINES);
        const line = `${what}: ${count(done)}${of}`;
        if (isTTY) this.#output.write(`\r${line}`);
        else writeLine(this.#output, line);
        isShown = isTTY;
      }
    } finally {
      // Numbers only grow: the last line covered those before.
      if (isShown) this.#output.write('\r\u001B[K');
    }
  }
}
