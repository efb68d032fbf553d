/** A mistake made on purpose. */
export interface Mutation {
  /** What is wrong then. */
  readonly mistake: string;
  /** Relative to the root. */
  readonly file: string;
  /** Each text stands exactly once in the file. */
  readonly edits: readonly (readonly [from: string, to: string])[];
}

/** Some mistakes, and the tests that must notice them. */
export interface MutationGroup {
  /** How the paths of the test files begin. */
  readonly tests: readonly string[];
  readonly mutations: readonly Mutation[];
}

/**
 * The text of the file with the mistake in it.
 * @throws Error if a text to be replaced does not stand exactly once in the file: the code has changed, and the mutation must too
 */
export function mutate(text: string, { mistake, file, edits }: Mutation): string {
  return edits.reduce((mutated, [from, to]) => {
    const found = mutated.split(from).length - 1;
    if (found === 1) return mutated.replace(from, () => to);
    throw new Error(`"${mistake}": ${file} contains this ${found} times instead of once:\n    ${from}`);
  }, text);
}
