import type { Side } from '../text/side.ts';

/** More are counted as many. */
const MOST = 10_000;
const SHOWN = 10;

/** What of texts a model does not know. */
export class Unknowns {
  readonly #side: Side;
  readonly #tokens = new Set<string>();

  constructor(side: Side) {
    this.#side = side;
  }

  take(text: string): void {
    for (const token of this.#side.unknownsOf(text)) {
      // A space alone is shown as such.
      if (this.#tokens.size < MOST) this.#tokens.add(token.trim() || token);
    }
  }

  /** For people; undefined if all is known. */
  message(): string | undefined {
    if (this.#tokens.size === 0) return undefined;
    const listed = [...this.#tokens].slice(0, SHOWN).map((token) => JSON.stringify(token));
    const left = this.#tokens.size - listed.length;
    const more = left === 0 ? '' : ` and ${this.#tokens.size === MOST ? 'many' : left} more`;
    return `The model does not know ${listed.join(', ')}${more}. It reads them as unknown.`;
  }
}
