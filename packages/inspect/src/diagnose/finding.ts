/** What a finding is, as a word that code can test. */
export type FindingCode =
  | 'NON_FINITE'
  | 'LOSS_FAR_FROM_CHANCE'
  | 'LOSS_NOT_REPRODUCIBLE'
  | 'VOCABULARY_MISMATCH'
  | 'UNKNOWN_TOKENS'
  | 'PADDING_TRAINED_ON'
  | 'STATE_INTO_SHUFFLED_DATA'
  | 'STATE_NOT_CARRIED'
  | 'DEAD_GATE'
  | 'SATURATED_GATE'
  | 'DEAD_UNITS'
  | 'VANISHING_GRADIENT'
  | 'EXPLODING_GRADIENT'
  | 'UNUSED_PARAMETER'
  | 'NO_GRADIENT'
  | 'NOT_TRAINED'
  | 'LEARNING_RATE_TOO_HIGH'
  | 'LEARNING_RATE_TOO_LOW';

/** Something that keeps a model from learning, or may. */
export interface Finding {
  readonly code: FindingCode;
  /** The parameter, gate or part of the batch: `layers.0.cell.f`. Absent where it is the whole. */
  readonly where?: string;
  /** What was seen, with numbers, and what follows from it. */
  readonly explanation: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Findings as text to read: `formatFindings(await diagnose(…))`. */
export function formatFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'No findings.\n';
  return findings
    .map(({ code, where, explanation, remedy }) => {
      return `${code}${where === undefined ? '' : ` at ${where}`}\n  ${explanation}\n  ${remedy}\n`;
    })
    .join('\n');
}

/** A number as a reader wants it. */
export function show(x: number): string {
  return String(Number(x.toPrecision(3)));
}
