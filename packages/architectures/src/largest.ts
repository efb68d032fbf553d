/** The `count` largest scores of those that are shown to it, each with a key; of equal ones those that came first. */
export class Largest {
  readonly #count: number;
  /** A heap, the worst at the root. `order` is that of arrival. */
  readonly #heap: { score: number; key: number; order: number }[] = [];
  #arrived = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** What a score must be above to enter. */
  get threshold(): number {
    return this.#heap.length < this.#count ? -Infinity : this.#heap[0]!.score;
  }

  /** Shows a score; one not above the threshold changes nothing. */
  add(score: number, key: number): void {
    if (!(score > this.threshold)) return;
    const entry = { score, key, order: this.#arrived++ };
    const heap = this.#heap;
    if (heap.length < this.#count) {
      heap.push(entry);
      this.#up(heap.length - 1);
    } else {
      heap[0] = entry;
      this.#down();
    }
  }

  /** From the largest to the smallest. */
  sorted(): readonly { readonly score: number; readonly key: number }[] {
    return this.#heap.toSorted((a, b) => b.score - a.score || a.order - b.order);
  }

  #up(i: number): void {
    const heap = this.#heap;
    for (let parent = (i - 1) >> 1; i > 0 && this.#isWorse(i, parent); parent = (i - 1) >> 1) {
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  #down(): void {
    const heap = this.#heap;
    for (let i = 0; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      if (left >= heap.length) return;
      const child = right < heap.length && this.#isWorse(right, left) ? right : left;
      if (!this.#isWorse(child, i)) return;
      [heap[i], heap[child]] = [heap[child]!, heap[i]!];
      i = child;
    }
  }

  /** Whether an entry goes before another does: a smaller score, or an equal one that came later. */
  #isWorse(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i]!, this.#heap[j]!];
    return a.score < b.score || (a.score === b.score && a.order > b.order);
  }
}
