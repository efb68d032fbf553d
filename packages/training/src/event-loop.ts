/**
 * Gives way to timers, input and drawing once `milliseconds` have passed since it last did. Measured in time, not in steps: a small
 * model's steps are too short to pay for it each time, and a large one's too long to count in.
 */
export class EventLoop {
  readonly #milliseconds: number;
  #last: number = performance.now();

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  async giveWay(): Promise<void> {
    if (performance.now() - this.#last < this.#milliseconds) return;
    await nextTask();
    this.#last = performance.now();
  }
}

/** Resolves in a new task. A timer would do too, but browsers hold timers of hidden tabs back for seconds. */
async function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port2.addEventListener('message', () => resolve(), { once: true });
    port2.start();
    port1.postMessage(undefined);
  });
  port1.close();
}
