import { UnrollError, checkGiven } from '@unroll/backend';
import { described } from '../checks.ts';

/** A scaler as plain data, to be saved with the model. */
export interface ScalerJson {
  readonly format: 'unroll-scaler';
  readonly version: 1;
  readonly offset: readonly number[];
  readonly scale: readonly number[];
}

/** Brings features to one scale and back: (x − offset) / scale, feature by feature. Fit it on training data alone. */
export class Scaler {
  readonly offset: readonly number[];
  readonly scale: readonly number[];

  /** @throws UnrollError INVALID_ARGUMENT unless there is an offset and a scale other than 0 for each feature */
  constructor({ offset, scale }: { readonly offset: readonly number[]; readonly scale: readonly number[] }) {
    checkGiven('Scaler', { offset, scale });
    const isUsable = (value: number): boolean => Number.isFinite(value) && value !== 0;
    if (offset.length !== scale.length || !offset.every(Number.isFinite) || !scale.every(isUsable)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `Scaler: offset [${offset.join(', ')}] and scale [${scale.join(', ')}] must be finite numbers, one for each feature, no scale 0.`,
      );
    }
    this.offset = offset;
    this.scale = scale;
  }

  /** A row of features on the new scale. NaN stays NaN. */
  transform(row: ArrayLike<number>): Float64Array {
    this.#check(row);
    return Float64Array.from(row, (value, i) => (value - this.offset[i]!) / this.scale[i]!);
  }

  /** The inverse of `transform`: what a model predicts, in the units of the data. */
  inverse(row: ArrayLike<number>): Float64Array {
    this.#check(row);
    return Float64Array.from(row, (value, i) => value * this.scale[i]! + this.offset[i]!);
  }

  /**
   * The scaler of some of the features, in that order: where a model predicts the first of several, `scaler.select([0]).inverse(prediction)` has its
   * units.
   * @throws UnrollError INDEX_OUT_OF_RANGE for a feature that there is not
   */
  select(features: readonly number[]): Scaler {
    const unknown = features.find((feature) => this.offset[feature] === undefined);
    if (unknown !== undefined) {
      throw new UnrollError(
        'INDEX_OUT_OF_RANGE',
        `Scaler.select: there is no feature ${unknown} among ${this.offset.length}. They count from 0.`,
      );
    }
    return new Scaler({
      offset: features.map((feature) => this.offset[feature]!),
      scale: features.map((feature) => this.scale[feature]!),
    });
  }

  /** Plain data for `JSON.stringify`; it calls this itself. */
  toJSON(): ScalerJson {
    return { format: 'unroll-scaler', version: 1, offset: this.offset, scale: this.scale };
  }

  /**
   * Reads what `toJSON` made.
   * @throws UnrollError INVALID_FILE if it is anything else
   */
  static fromJSON(json: unknown): Scaler {
    const { format, version, offset, scale } = (json ?? {}) as Partial<Record<keyof ScalerJson, unknown>>;
    if (format === 'unroll-scaler' && version === 1 && isNumbers(offset) && isNumbers(scale)) {
      return new Scaler({ offset, scale });
    }
    throw new UnrollError(
      'INVALID_FILE',
      'Scaler.fromJSON: this is no scaler. Pass what JSON.parse gives of one that was saved.',
    );
  }

  #check(row: ArrayLike<number>): void {
    if (row.length === this.offset.length) return;
    throw new UnrollError(
      'SHAPE_MISMATCH',
      `Scaler: a row has ${row.length} features, the scaler ${this.offset.length}.`,
    );
  }
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}

/** Statistics of rows that come one by one, to fit a scaler on a file of any length. NaN counts as missing. */
export class ScalerFit {
  readonly #counts: number[] = [];
  readonly #means: number[] = [];
  readonly #squares: number[] = [];
  readonly #least: number[] = [];
  readonly #most: number[] = [];

  /**
   * Counts one more row of features.
   * @throws UnrollError SHAPE_MISMATCH for another number of them than before, INVALID_ARGUMENT for what is no list
   */
  add(row: ArrayLike<number>): void {
    if (typeof row !== 'object' || !Number.isInteger(row?.length)) {
      throw new UnrollError(
        'INVALID_ARGUMENT',
        `ScalerFit: a row is ${described(row)}, no list of features. A single feature is [x].`,
      );
    }
    if (this.#counts.length > 0 && row.length !== this.#counts.length) {
      throw new UnrollError(
        'SHAPE_MISMATCH',
        `ScalerFit: a row has ${row.length} features, those before ${this.#counts.length}. What is missing is NaN.`,
      );
    }
    for (let i = 0; i < row.length; i++) {
      const value = row[i]!;
      this.#counts[i] ??= 0;
      if (Number.isNaN(value)) continue;
      // Welford 1962: no large sums that cancel.
      const count = (this.#counts[i]! += 1);
      const before = this.#means[i] ?? 0;
      const mean = before + (value - before) / count;
      this.#means[i] = mean;
      this.#squares[i] = (this.#squares[i] ?? 0) + (value - before) * (value - mean);
      this.#least[i] = Math.min(value, this.#least[i] ?? Infinity);
      this.#most[i] = Math.max(value, this.#most[i] ?? -Infinity);
    }
  }

  /** Mean 0 and standard deviation 1 (of the population, as scikit-learn); a constant feature becomes 0. */
  standard(): Scaler {
    this.#check();
    const scale = this.#counts.map((count, i) => Math.sqrt(this.#squares[i]! / count) || 1);
    return new Scaler({ offset: this.#means, scale });
  }

  /** From 0 to 1; a constant feature becomes 0. */
  minMax(): Scaler {
    this.#check();
    return new Scaler({ offset: this.#least, scale: this.#most.map((most, i) => most - this.#least[i]! || 1) });
  }

  #check(): void {
    const empty = this.#counts.findIndex((count) => count === 0);
    if (this.#counts.length > 0 && empty < 0) return;
    const what = this.#counts.length === 0 ? 'there are no rows' : `feature ${empty} has no value in any row`;
    throw new UnrollError('INVALID_ARGUMENT', `ScalerFit: ${what}. Add the rows of the training part.`);
  }
}

/** A scaler to mean 0 and standard deviation 1, fitted on these rows: pass those of the training part alone. */
export function fitStandardScaler(rows: Iterable<ArrayLike<number>>): Scaler {
  return fitOn(rows).standard();
}

/** A scaler to 0 … 1, fitted on these rows: pass those of the training part alone. */
export function fitMinMaxScaler(rows: Iterable<ArrayLike<number>>): Scaler {
  return fitOn(rows).minMax();
}

function fitOn(rows: Iterable<ArrayLike<number>>): ScalerFit {
  const fit = new ScalerFit();
  for (const row of rows) fit.add(row);
  return fit;
}
