const BARS = '▁▂▃▄▅▆▇█';

/** Numbers as a little picture, one character each, from the smallest to the largest. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  return values
    .map((value) => BARS[range === 0 ? 0 : Math.round(((value - low) / range) * (BARS.length - 1))])
    .join('');
}

/** A history as plain data. */
export interface SavedHistory {
  readonly means: readonly number[];
  readonly stretch: number;
  readonly sum: number;
  readonly count: number;
}

/** All values that were ever added, as a bounded number of means over equally long stretches. */
export class History {
  readonly #capacity: number;
  #means: number[];
  /** Values per mean. */
  #stretch: number;
  #sum: number;
  #count: number;

  /**
   * @param capacity the largest number of means
   * @param saved an earlier history of the same capacity, to go on with
   */
  constructor(capacity: number, saved: SavedHistory = { means: [], stretch: 1, sum: 0, count: 0 }) {
    this.#capacity = capacity;
    this.#means = [...saved.means];
    this.#stretch = saved.stretch;
    this.#sum = saved.sum;
    this.#count = saved.count;
  }

  add(value: number): void {
    this.#sum += value;
    this.#count++;
    if (this.#count < this.#stretch) return;
    this.#means.push(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    if (this.#means.length < this.#capacity * 2) return;
    this.#means = averages(this.#means, this.#capacity);
    this.#stretch *= 2;
  }

  /** The whole course in at most `count` means. */
  means(count: number): readonly number[] {
    return this.#means.length <= count ? this.#means : averages(this.#means, count);
  }

  /** Each mean and the middle of its stretch, counted from 1. */
  get points(): readonly (readonly [at: number, mean: number])[] {
    return this.#means.map((mean, i) => [(i + 0.5) * this.#stretch + 0.5, mean]);
  }

  toJSON(): SavedHistory {
    return { means: this.#means, stretch: this.#stretch, sum: this.#sum, count: this.#count };
  }
}

function averages(values: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
