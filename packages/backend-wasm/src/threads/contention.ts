/**
 * At least so many jobs are looked at together, and as many as take so many milliseconds: a virtual machine may be without a processor for
 * some tens of them now and then, which says nothing of what comes. Time between jobs does not count.
 */
const JOBS = 50;
const MILLISECONDS = 500;
/** Shorter jobs (milliseconds of the main thread's own part) tell nothing: waking a worker takes as long. */
const SHORT = 0.05;
/** Threads help if a job takes less than so much of what its parts take one after the other: half of it is ideal for two. */
const ENOUGH = 0.8;
/** Milliseconds that workers are left alone for at first, twice as long each time. */
const PAUSE = 500;
const LONGEST_PAUSE = 60_000;

/**
 * Notices when threads do not help: other programs have the processors, so that a job takes about as long as its parts
 * would take one after the other on this thread. Workers are then left alone for a while, and tried again.
 */
export class Contention {
  readonly #now: () => number;
  #jobs = 0;
  #alone = 0;
  #together = 0;
  #pause = PAUSE;
  #until = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether workers are left alone at present. */
  get isPausing(): boolean {
    return this.#until !== 0 && this.#now() < this.#until;
  }

  /** Takes down how long a job took and how long this thread's own parts of it; true if a pause begins. */
  note(milliseconds: number, ownMilliseconds: number, ownParts: number, parts: number): boolean {
    // Where no worker came to it, none was waited for.
    if (ownMilliseconds < SHORT || ownParts === parts) return false;
    this.#together += milliseconds;
    this.#alone += (ownMilliseconds / ownParts) * parts;
    if (++this.#jobs < JOBS || this.#together < MILLISECONDS) return false;
    const helps = this.#together < ENOUGH * this.#alone;
    this.#jobs = this.#together = this.#alone = 0;
    if (helps) {
      this.#pause = Math.max(PAUSE, this.#pause / 2);
      return false;
    }
    this.#until = this.#now() + this.#pause;
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    return true;
  }
}
