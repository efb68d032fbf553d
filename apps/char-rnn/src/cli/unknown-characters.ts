/** How many are listed. */
const LISTED = 10;

/** `"é" (twice) and "ß"`: characters and how often they occurred. */
export function unknownCharacters(unknowns: ReadonlyMap<string, number>): string {
  const listed = Array.from(unknowns, ([character, times]) =>
    times === 1 ? JSON.stringify(character) : `${JSON.stringify(character)} (${times} times)`,
  );
  if (listed.length <= LISTED) return listed.join(', ');
  return `${listed.slice(0, LISTED).join(', ')} and ${listed.length - LISTED} more`;
}
