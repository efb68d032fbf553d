import { UnrollError } from './errors.ts';

/** Which index there is no row for, and where it stands. */
export interface BadIndex {
  readonly op: string;
  readonly index: number;
  /** Among the indices, row-major; where there is a step, among those of the step. */
  readonly position: number;
  /** How many there are. */
  readonly rows: number;
  /** Of a loop over time. Default: there is none. */
  readonly step?: number;
}

/** The error for an index that there is no row for. Whoever runs an op in a loop knows the step, which the op does not: `inStep` tells it. */
export class IndexError extends UnrollError {
  readonly #bad: BadIndex;

  constructor(bad: BadIndex) {
    const { op, index, position, rows, step } = bad;
    const place = step === undefined ? `position ${position}` : `position ${position} of step ${step}`;
    const range = rows === 0 ? 'there are no rows' : `there are ${rows} rows, 0 to ${rows - 1}`;
    super(
      'INDEX_OUT_OF_RANGE',
      `${op}: index ${index} at ${place} is out of range: ${range}. Check the vocabulary that made the indices.`,
    );
    this.#bad = bad;
  }

  /** The same, of a step; where it has one, that is counted from this one on. */
  inStep(first: number): IndexError {
    return new IndexError({ ...this.#bad, step: first + (this.#bad.step ?? 0) });
  }

  /** The same for indices of all steps, one step after the other, of which each has `perStep`. */
  overSteps(perStep: number): IndexError {
    const { position } = this.#bad;
    return new IndexError({ ...this.#bad, position: position % perStep, step: Math.floor(position / perStep) });
  }
}

/** What a step threw: a bad index with the number of the step, anything else as it is. */
export function thrownInStep(step: number, error: unknown): unknown {
  return error instanceof IndexError ? error.inStep(step) : error;
}
