import { type Given, namedAt, toldAt } from './options/given.ts';

/** What the user gave is wrong: an option, a file. The program says so and leaves with code 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** Writes an option as it was given: `--hidden`, or `"hidden"` in a settings file. */
export type NameOption = (name: string) => string;

/** What is wrong with options is found where they are used, which does not know where they were given: `runProgram` does, and tells it with the place. */
export class OptionError extends UsageError {
  readonly #options: readonly string[];
  readonly #say: (named: NameOption) => string;

  /**
   * @param options what it is about; its place is that of the first that stands in a settings file
   * @param say the message
   */
  constructor(options: readonly string[], say: (named: NameOption) => string, more?: ErrorOptions) {
    super(
      say((name) => namedAt('command line', name)),
      more,
    );
    this.#options = options;
    this.#say = say;
  }

  /** The same, told where it was given. */
  toldBy(given: Given): UsageError {
    const place = this.#options.map((name) => given[name]?.from).find((from) => typeof from === 'object');
    if (place === undefined) return this;
    const message = this.#say((name) => namedAt(given[name]?.from ?? place, name));
    return new UsageError(toldAt(place, message), { cause: this });
  }
}
