import { describe, expect, it } from 'vitest';
import { Contention } from './contention.ts';
import type { Part } from './threads.ts';

const kernel = (): number => 0;

/** What jobs take, milliseconds. */
interface Took {
  /** Where workers are asked. */
  readonly shared: number;
  /** Where not. */
  readonly alone: number;
  /** One part, done here while workers are asked. */
  readonly part?: number;
  readonly parts?: number;
  /** Of a hundred jobs, how many no worker comes to. */
  readonly missed?: number;
  readonly size?: (i: number) => number;
  /** Between two jobs. */
  readonly rest?: number;
}

/** A machine whose clock is moved by jobs. */
class Machine {
  now = 0;
  /** Milliseconds of jobs in either way, and how often it was told that workers did not help. */
  readonly spent = { shared: 0, alone: 0 };
  told = 0;
  readonly contention = new Contention(() => this.now);
  #jobs = 0;

  /** Works for so long. */
  work(milliseconds: number, took: Took): this {
    for (const end = this.now + milliseconds; this.now < end;) this.#job(took);
    return this;
  }

  /** Works until workers are asked, or are not asked any more; milliseconds. */
  until(asksWorkers: boolean, took: Took): number {
    const start = this.now;
    while (this.contention.asksWorkers !== asksWorkers) {
      if (this.now - start > 1e6) throw new Error(`${asksWorkers ? 'not' : 'still'} asked after 1000 s`);
      this.#job(took);
    }
    return this.now - start;
  }

  get shareAlone(): number {
    return this.spent.alone / (this.spent.alone + this.spent.shared);
  }

  #job({ shared, alone, part = 1, parts = 2, missed = 0, size = () => 1, rest = 0 }: Took): void {
    const i = this.#jobs++;
    const { contention, spent } = this;
    const all: readonly Part[] = Array.from({ length: parts }, () => [{ kernel, values: [2 ** 20, size(i)] }]);
    const way = contention.asksWorkers ? 'shared' : 'alone';
    const time = way === 'shared' ? shared : alone;
    this.now += time + rest;
    spent[way] += time;
    const ownParts = (i * 37) % 100 < missed ? parts : 1;
    const isTold =
      way === 'shared'
        ? contention.noteShared({ parts: all, time, ownParts, ownTime: part * ownParts })
        : contention.noteAlone(all, time);
    if (isTold) this.told++;
  }
}

/** One program beside two threads on two processors: parts are interrupted, so that they seem to be long ones, and no wait shows it. */
const BUSY: Took = { part: 1.25, shared: 1.4, alone: 1.2, missed: 30 };
/** Two of them: without the second thread this one has less than a processor. */
const BUSIER: Took = { part: 1.3, shared: 1.6, alone: 2.4, missed: 20 };
const FREE: Took = { part: 1, shared: 1.1, alone: 2, missed: 3 };
const MINUTE = 60_000;
/** For so long an engine may compile. */
const YOUNG = 3000;

describe('Contention', () => {
  it('asks workers where nothing is suspicious, always', () => {
    expect(new Machine().work(10 * MINUTE, FREE).spent.alone).toBe(0);
    // What wakes a worker takes as long as a short part.
    const short: Took = { shared: 0.2, part: 0.04, alone: 0.01, missed: 50 };
    expect(new Machine().work(MINUTE, short).spent.alone).toBe(0);
    // Three parts on three threads: two thirds of what they take one after the other would be bad on two.
    expect(new Machine().work(MINUTE, { parts: 3, shared: 2.1, alone: 3 }).spent.alone).toBe(0);
    // Of a hundred jobs eight.
    expect(new Machine().work(MINUTE, { ...FREE, missed: 8 }).spent.alone).toBe(0);
  });

  it('leaves workers alone where jobs take longer with them, and tries them again, less and less often', () => {
    const machine = new Machine();
    machine.work(YOUNG, BUSY);
    // Half a second in which it is noticed, and half a second that is compared; so each time.
    expect(machine.until(false, BUSY)).toBeCloseTo(1000, -2);
    const tries = Array.from({ length: 8 }, () => {
      const pause = machine.until(true, BUSY);
      machine.until(false, BUSY);
      return Math.round((pause - 500) / 500) / 2;
    });
    // Seconds; in the first the comparison ends that found it out.
    expect(tries).toEqual([2.5, 4, 8, 16, 32, 64, 64, 64]);
    expect(machine.told).toBe(1);
  });

  it('does so where waits show it as well', () => {
    const machine = new Machine();
    machine.until(false, { shared: 2.1, alone: 2 });
    expect(machine.work(MINUTE, { shared: 2.1, alone: 2 }).told).toBe(1);
  });

  it('asks them again once they help, and notices as fast as at first when they do not', () => {
    const machine = new Machine().work(10 * MINUTE, BUSY);
    expect(machine.until(true, FREE)).toBeLessThan(1.1 * MINUTE);
    machine.work(5 * MINUTE, FREE);
    expect(machine.contention.asksWorkers).toBe(true);
    expect(machine.told).toBe(1);
    expect(machine.until(false, BUSY)).toBeLessThan(1600);
    machine.work(5000, BUSY);
    expect(machine.told).toBe(2);
  });

  it('keeps workers that look suspicious and help, and looks less and less often', () => {
    const machine = new Machine().work(10 * MINUTE, BUSIER);
    expect(machine.told).toBe(0);
    expect(machine.shareAlone).toBeGreaterThan(0);
    expect(machine.shareAlone).toBeLessThan(0.015);
    // As soon as they do not, the longest pause is over in about a minute.
    expect(machine.until(false, { ...BUSIER, shared: 2.5 })).toBeLessThan(1.1 * MINUTE);
  });

  it.each<readonly [gain: number, isAsked: boolean]>([
    [0.92, true],
    [0.97, false],
  ])('asks workers with whom jobs take %d of the time: %s', (gain, isAsked) => {
    const machine = new Machine().work(YOUNG + 3000, { ...BUSIER, shared: 2, alone: 2 / gain });
    expect(machine.told).toBe(isAsked ? 0 : 1);
    // The other way round: they had been left alone.
    const other = new Machine().work(MINUTE, BUSY).work(10 * MINUTE, { ...FREE, shared: 2, alone: 2 / gain });
    expect(other.shareAlone > 0.9).toBe(!isAsked);
  });

  it('does not mind a standstill of 150 ms among quick jobs, in each half of a second', () => {
    const machine = new Machine();
    for (let i = 0; i < 100; i++) machine.work(1, { ...FREE, shared: 150 }).work(350, FREE);
    expect(machine.spent.alone).toBe(0);
  });

  it('loses little to tries where jobs are long', () => {
    const long = { part: 1000, missed: 30 };
    const kept = new Machine().work(120 * MINUTE, { ...long, shared: 1000, alone: 1600 });
    expect(kept.told).toBe(0);
    expect(kept.shareAlone).toBeLessThan(0.05);
    const left = new Machine().work(120 * MINUTE, { ...long, shared: 1600, alone: 1000 });
    expect(left.told).toBe(1);
    expect(left.shareAlone).toBeGreaterThan(0.94);
  });

  it('asks workers where it cannot tell, as jobs of a kind do not come again', () => {
    const size = (i: number): number => Math.floor(i / 20);
    const machine = new Machine().work(MINUTE, { ...BUSY, size });
    expect(machine.told).toBe(0);
    machine.until(true, { ...BUSY, size });
    const busy = new Machine().work(MINUTE, BUSY).work(10 * MINUTE, { ...FREE, size });
    expect(busy.contention.asksWorkers).toBe(true);
    expect(busy.shareAlone).toBeLessThan(0.3);
  });

  it('does not compare what lies far apart', () => {
    const machine = new Machine().work(YOUNG + 700, BUSY);
    // A person thinks.
    machine.now += MINUTE;
    expect(machine.work(1500, BUSY).told).toBe(0);
    expect(new Machine().work(MINUTE, { ...BUSY, rest: 20 }).told).toBe(0);
    expect(new Machine().work(MINUTE, { ...BUSY, rest: 5 }).told).toBe(1);
  });

  it('learns nothing before a worker has come, and while an engine still compiles', () => {
    const machine = new Machine().work(MINUTE, { ...BUSY, missed: 100 }).work(YOUNG, BUSY);
    expect(machine.work(MINUTE, FREE).spent.alone).toBe(0);
  });
});
