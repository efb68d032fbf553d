/** What was given where something else was expected, for an error. */
export function describe(item: unknown): string {
  if (typeof item === 'object' && item !== null) return `an object (${item.constructor?.name ?? 'Object'})`;
  return typeof item === 'string' ? JSON.stringify(item) : String(item);
}
