/** What the user gave is wrong: an option, a file. The program says so and leaves with code 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}
