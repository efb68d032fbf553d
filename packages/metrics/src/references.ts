/** The right answers to one segment: one, or several that are as right. */
export type References = string | readonly string[];

export function listOf(references: References): readonly string[] {
  return typeof references === 'string' ? [references] : references;
}
