/** Calls in their order, where some have to wait. After a failure nothing runs any more but what gives memory back. */
export class Queue {
  #tail: Promise<void> = Promise.resolve();
  #error: unknown;
  readonly #reads = new Set<Promise<unknown>>();

  /** The first failure. */
  get error(): unknown {
    return this.#error;
  }

  /** Runs when all before it is done; a failure keeps everything after it from running. */
  run(call: () => Promise<void> | void): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#error !== undefined) return;
      try {
        await call();
      } catch (error) {
        this.#error = error;
      }
    });
  }

  /** The same, also after a failure: memory is given back in any case. */
  always(call: () => void): void {
    this.#tail = this.#tail.then(() => {
      try {
        call();
      } catch (error) {
        this.#error ??= error;
      }
    });
  }

  /**
   * Starts a read when all before it is done, and gives what it reads; what comes after need not wait for it.
   * @throws the first failure, if there was one
   */
  read<T>(call: () => Promise<T>): Promise<T> {
    const started = this.#tail.then(() => {
      if (this.#error !== undefined) throw this.#error;
      // An array around it, or the queue would wait until everything is read.
      return [call()] as const;
    });
    this.#tail = started.then(
      () => {},
      () => {},
    );
    const result = started.then(([read]) => read);
    const done = (): void => void this.#reads.delete(result);
    this.#reads.add(result);
    result.then(done, done);
    return result;
  }

  /** When all that was called so far is done and read, or was kept from it. */
  async settled(): Promise<void> {
    await this.#tail;
    await Promise.allSettled(this.#reads);
  }

  /** Notes a failure from outside. */
  fail(error: unknown): void {
    this.#error ??= error;
  }
}
