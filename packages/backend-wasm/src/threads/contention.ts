import { Comparison, MILLISECONDS } from './comparison.ts';
import type { Part } from './threads.ts';

/** At least so many jobs, and as many as take `MILLISECONDS`, are looked at together for what is suspicious. */
const JOBS = 50;
/** Shorter parts (milliseconds) say nothing of the processors: waking a worker takes as long. */
const SHORT = 0.05;
/** Half of what its parts take one after the other is ideal for a job on two threads; more than so much of it is suspicious. */
const SUSPICIOUS = 0.8;
/** So is a worker that does not come to so many of the jobs. With two free processors it misses 1 to 3 of 100, beside one busy program 20 to 30. */
const MISSED = 0.1;
/** Milliseconds of jobs in which nothing is suspicious: workers start, and the engine compiles what is run, for which it takes processors as well. */
const YOUNG = 3000;
/** Workers are asked where jobs take less than so much of what they take without. */
const ENOUGH = 0.95;
/** The way that was found worse is tried again when so many times as much has gone by as it took; twice as many each time that it is worse again. */
const SOONEST = 4;
const LATEST = 128;
/** If jobs are not a tenth of the time that a comparison took, a person may sit at a prompt, and much may have changed in between. */
const RESTING = 10;

/** A job that was handed out: the milliseconds for which it held up this thread, and of them those of the parts done here. */
export interface SharedJob {
  readonly parts: readonly Part[];
  readonly time: number;
  readonly ownParts: number;
  readonly ownTime: number;
}

/**
 * Notices where threads do not help, because other programs have the processors. How much slower those make this thread and the workers cannot
 * be told by the clock of one thread: a part that is interrupted looks like a long one. So where something is suspicious,
 * both ways are tried, and the better one is kept; the other is tried again less and less often.
 */
export class Contention {
  readonly #now: () => number;
  #asksWorkers = true;
  #comparison: Comparison | undefined;
  /** When the comparison began, or the last one ended, and how long the second way took then. */
  #since = 0;
  #tried = 0;
  /** Multiples of that until the next one, and after it if nothing changes. */
  #wait = 0;
  #longest = SOONEST;
  /** Of the jobs since the last look: how many, how many no worker came to, and milliseconds in all and if all parts were done here. */
  #jobs = 0;
  #missed = 0;
  #together = 0;
  #alone = 0;
  /** Milliseconds of jobs since a worker came for the first time. */
  #age = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the next job is for workers as well. */
  get asksWorkers(): boolean {
    return this.#comparison?.isSecond ? !this.#asksWorkers : this.#asksWorkers;
  }

  /** Takes down a job that was handed out; true if workers are left alone from now on, as they were found not to help. */
  noteShared({ parts, time, ownParts, ownTime }: SharedJob): boolean {
    if (this.#comparison) return this.#compare(parts, time);
    const isMissed = ownParts === parts.length;
    if (this.#age < YOUNG) {
      if (this.#age > 0 || !isMissed) this.#age += time;
      return false;
    }
    if (ownTime < SHORT * ownParts) return false;
    this.#together += time;
    this.#alone += (ownTime / ownParts) * parts.length;
    if (isMissed) this.#missed++;
    if (++this.#jobs < JOBS || this.#together < MILLISECONDS) return false;
    if (this.#missed > MISSED * this.#jobs || this.#together > SUSPICIOUS * this.#alone) this.#compareIfDue();
    else {
      this.#longest = Math.max(SOONEST, this.#longest / 2);
      this.#wait = Math.min(this.#wait, this.#longest);
    }
    this.#jobs = this.#missed = this.#together = this.#alone = 0;
    return false;
  }

  /** Takes down a job of several parts that were all done here, as no worker was to be asked, and the milliseconds; true as above. */
  noteAlone(parts: readonly Part[], time: number): boolean {
    if (this.#comparison) return this.#compare(parts, time);
    this.#compareIfDue();
    return false;
  }

  #compareIfDue(): void {
    const now = this.#now();
    if (now - this.#since < this.#wait * this.#tried) return;
    this.#comparison = new Comparison();
    this.#since = now;
  }

  #compare(parts: readonly Part[], time: number): boolean {
    if (!this.#comparison!.note(parts, time)) return false;
    const { ratio, time: took } = this.#comparison!;
    this.#comparison = undefined;
    const before = this.#asksWorkers;
    const now = this.#now();
    const isResting = now - this.#since > RESTING * (took[0] + took[1]);
    // Who can't tell asks them.
    this.#asksWorkers = ratio === undefined || isResting || (before ? 1 < ENOUGH * ratio : ratio < ENOUGH);
    const isSame = this.#asksWorkers === before;
    this.#longest = isSame ? Math.min(2 * this.#longest, LATEST) : Math.max(SOONEST, this.#longest / 2);
    this.#wait = isSame ? this.#longest : SOONEST;
    this.#since = now;
    this.#tried = took[1];
    return before && !isSame;
  }
}
