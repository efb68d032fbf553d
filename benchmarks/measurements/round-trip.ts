// How far two processors are from each other: a word in shared memory that goes to another thread and back.
import { Worker } from 'node:worker_threads';

const [BEGIN, THERE, BACK] = [0, 1, 2];
const TRIPS = 20_000;

const PROGRAM = `
const { workerData: words } = require('node:worker_threads');
for (let turn = 0; ; turn++) {
  Atomics.wait(words, ${BEGIN}, turn);
  for (let i = 1; i <= ${TRIPS}; i++) {
    while (Atomics.load(words, ${THERE}) !== i);
    Atomics.store(words, ${BACK}, i);
  }
}`;

/** A thread that sends words back. */
export class RoundTrip {
  readonly #words = new Int32Array(new SharedArrayBuffer(3 * 4));
  readonly #worker = new Worker(PROGRAM, { eval: true, workerData: this.#words });

  /** Nanoseconds there and back, the mean of some thousands. Both threads look at the word all the time: of a busy machine it says nothing. */
  measure(): number {
    const words = this.#words;
    words[THERE] = 0;
    Atomics.add(words, BEGIN, 1);
    Atomics.notify(words, BEGIN);
    const trip = (i: number): void => {
      Atomics.store(words, THERE, i);
      while (Atomics.load(words, BACK) !== i);
    };
    // The first wakes the other.
    trip(1);
    const start = performance.now();
    for (let i = 2; i <= TRIPS; i++) trip(i);
    return ((performance.now() - start) / (TRIPS - 1)) * 1e6;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
